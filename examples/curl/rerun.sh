#!/usr/bin/env bash
# Runs again what failed in a run: what completed is taken over, and neither executed nor paid for once more.
#   ./rerun.sh RUN_ID
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl --silent --show-error --fail-with-body ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
run=${1:?the id of a run that has ended}

rerun=$(node -pe 'JSON.parse(process.argv[1]).id' "$(curl --request POST "$BASE_URL/runs/$run/rerun")")
curl "$BASE_URL/runs/$rerun/result?wait=30s"
echo
