#!/usr/bin/env bash
# Pauses a run, so that nothing new is begun, and lets it go on.
#   ./pause.sh RUN_ID ["a reason"]
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl --silent --show-error --fail-with-body ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
[ $# -gt 0 ] || { echo "usage: $0 RUN_ID [REASON]" >&2; exit 2; }

body=$(REASON=${2:-a look at it} node -pe 'JSON.stringify({ reason: process.env.REASON })')
curl "$BASE_URL/runs/$1/pause" --header 'Content-Type: application/json' --data "$body"
echo
curl "$BASE_URL/runs/$1/resume" --request POST
echo
