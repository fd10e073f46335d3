#!/usr/bin/env bash
# Goes back to a point of a run, changes an output there, and goes on: the new run takes over what was done up to the point.
#   ./fork.sh
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }

post() { curl --silent --show-error --fail-with-body "$BASE_URL$1" --header 'Content-Type: application/json' --data "$2"; }
id_of() { node -pe 'JSON.parse(process.argv[1]).id' "$1"; }

first=$(id_of "$(post /runs '{
  "ir": {
    "ir": "treadle/v1",
    "name": "story",
    "models": { "fast": { "provider": "openai", "model": "gpt-5-mini" } },
    "nodes": {
      "hero": { "kind": "llm", "model": "fast", "prompt": "Invent a hero, in one sentence." },
      "chosen": { "kind": "checkpoint", "name": "hero-chosen", "after": ["hero"] },
      "story": { "kind": "llm", "model": "fast", "prompt": "A story in two sentences about: ${nodes.hero}", "after": ["chosen"] }
    },
    "output": { "hero": "${nodes.hero}", "story": "${nodes.story}" }
  }
}')")
echo "The first run:"
curl --silent --show-error --fail-with-body "$BASE_URL/runs/$first/result?wait=30s"
echo

fork=$(id_of "$(post "/runs/$first/fork" '{ "from": "hero-chosen", "outputs": { "hero": "A weaver who never sleeps." } }')")
echo "The same from the checkpoint on, with another hero:"
curl --silent --show-error --fail-with-body "$BASE_URL/runs/$fork/result?wait=30s"
echo
echo "What it took over:"
curl --silent --show-error --fail-with-body "$BASE_URL/runs/$fork/events?types=node.reused"
echo
