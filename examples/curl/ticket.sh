#!/usr/bin/env bash
# Gets a ticket for the stream of a run, as a page in a browser needs it, and opens the stream with it: without a key.
#   ./ticket.sh RUN_ID
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
[ $# -eq 1 ] || { echo "usage: $0 RUN_ID" >&2; exit 2; }

ticket=$(curl --silent --show-error --fail-with-body ${API_KEY:+--header "Authorization: Bearer $API_KEY"} \
  --request POST "$BASE_URL/runs/$1/stream-tickets")
echo "$ticket"
curl --silent --show-error --fail-with-body --no-buffer "$BASE_URL$(node -pe 'JSON.parse(process.argv[1]).url' "$ticket")"
