#!/usr/bin/env bash
# A person in the middle of a run: it waits for a signal, is asked what it waits for, gets its answer, and goes on.
#   ./approve.sh [true|false]
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
ok=${1:-true}

started=$(curl --silent --show-error --fail-with-body "$BASE_URL/runs" --header 'Content-Type: application/json' --data '{
  "ir": {
    "ir": "treadle/v1",
    "name": "refund",
    "nodes": {
      "approval": {
        "kind": "receive",
        "signal": "approve",
        "title": "Pay the money back?",
        "outputSchema": { "type": "object", "required": ["ok"], "properties": { "ok": { "type": "boolean" } } }
      }
    },
    "output": { "paid": "${nodes.approval.ok}" }
  }
}')
id=$(node -pe 'JSON.parse(process.argv[1]).id' "$started")

echo "It waits:"
# The stream tells when; nobody reads on, so curl ends by itself.
grep --max-count=1 '^data:' < <(curl --silent --no-buffer "$BASE_URL/runs/$id/stream?types=run.waiting")
curl --silent --show-error --fail-with-body "$BASE_URL/runs/$id/pending"
echo

echo "An answer that does not fit harms nothing:"
curl --silent --show-error "$BASE_URL/runs/$id/signals/approve" --header 'Content-Type: application/json' --data '{ "ok": "perhaps" }'
echo

echo "The answer:"
curl --silent --show-error --fail-with-body "$BASE_URL/runs/$id/signals/approve" \
  --header 'Content-Type: application/json' --data "{ \"ok\": $ok }"
echo
curl --silent --show-error --fail-with-body "$BASE_URL/runs/$id/result?wait=30s"
echo
