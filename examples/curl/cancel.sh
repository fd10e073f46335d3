#!/usr/bin/env bash
# Cancels a run: whatever it does, requests to models included, is broken off.
#   ./cancel.sh RUN_ID ["a reason"]
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
[ $# -gt 0 ] || { echo "usage: $0 RUN_ID [REASON]" >&2; exit 2; }

body=$(REASON=${2:-no longer needed} node -pe 'JSON.stringify({ reason: process.env.REASON })')
curl --silent --show-error --fail-with-body "$BASE_URL/runs/$1/cancel" --header 'Content-Type: application/json' --data "$body"
echo
curl --silent --show-error --fail-with-body "$BASE_URL/runs/$1/result?wait=30s"
echo
