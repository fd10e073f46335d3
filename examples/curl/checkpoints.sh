#!/usr/bin/env bash
# The checkpoints of a run, its whole state at the last one, and its plan with the status of each node.
#   ./checkpoints.sh RUN_ID
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
run=${1:?the id of a run}

get() { curl --silent --show-error --fail-with-body "$BASE_URL/runs/$run/$1"; }

echo "The points to fork from:"
checkpoints=$(get checkpoints)
echo "$checkpoints"

seq=$(node -pe 'JSON.parse(process.argv[1]).items.at(-1)?.seq ?? 1' "$checkpoints")
echo "The state at event $seq:"
get "checkpoints/$seq?resolve=true"
echo

echo "The graph:"
get graph
echo
