#!/usr/bin/env bash
# How a run stands: the run itself, asked for again with its ETag (304: it is as it was), its values, what waits for a person, and its log.
#   ./look.sh RUN_ID
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl --silent --show-error --fail-with-body ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
run=$BASE_URL/runs/${1:?the id of a run}

answer=$(curl --include "$run")
echo "$answer" | tail -1
etag=$(echo "$answer" | tr -d '\r' | sed -n 's/^etag: //ip')
curl --output /dev/null --write-out '%{http_code}\n' "$run" --header "If-None-Match: $etag"
for part in state pending 'events?limit=10'; do
  curl "$run/$part"
  echo
done
