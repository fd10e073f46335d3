#!/usr/bin/env bash
# Ends a run at once, where it goes on, and erases it with its log and its values.
#   ./erase.sh RUN_ID
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl --silent --show-error ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
run=$BASE_URL/runs/${1:?the id of a run}

curl "$run/terminate" --request POST # 409 where it has ended already, in another way
echo
curl --fail-with-body --request DELETE "$run"
curl --output /dev/null --write-out 'Now it is not found: %{http_code}\n' "$run"
