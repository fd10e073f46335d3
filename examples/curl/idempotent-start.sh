#!/usr/bin/env bash
# Sends the same request twice, as a client does that never saw the first answer: one run, and the same answer again.
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
key=$(node -pe 'crypto.randomUUID()')

start() {
  curl --silent --show-error --fail-with-body --include "$BASE_URL/runs" \
    --header 'Content-Type: application/json' \
    --header "Idempotency-Key: $key" \
    --data '{ "ir": { "ir": "treadle/v1", "name": "once", "nodes": { "a": { "kind": "set", "value": 1 } } } }'
  echo
}

start
echo '--- and again:'
start
