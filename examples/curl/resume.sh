#!/usr/bin/env bash
# Follows a run from the middle of its log: the first event is the one after EVENT_ID, and none is missed or comes twice.
#   ./resume.sh RUN_ID EVENT_ID
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
[ $# -eq 2 ] || { echo "usage: $0 RUN_ID EVENT_ID" >&2; exit 2; }

curl --silent --show-error --fail-with-body --no-buffer "$BASE_URL/runs/$1/stream" --header "Last-Event-ID: $2"
