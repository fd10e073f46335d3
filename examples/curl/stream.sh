#!/usr/bin/env bash
# Starts a run and shows everything that happens in it, tokens included, in one request.
#   ./stream.sh ["a question"]
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
question=${1:-Why is the sky blue?}

body=$(QUESTION=$question node -e '
  console.log(JSON.stringify({
    ir: {
      ir: "treadle/v1",
      name: "ask",
      models: { fast: { provider: "openai", model: "gpt-5-mini" } },
      nodes: { answer: { kind: "llm", model: "fast", prompt: "Answer in one sentence: ${input.question}" } },
    },
    input: { question: process.env.QUESTION },
  }))')

curl --silent --show-error --fail-with-body --no-buffer "$BASE_URL/runs" \
  --header 'Content-Type: application/json' \
  --header 'Accept: text/event-stream' \
  --data "$body"
