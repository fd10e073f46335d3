#!/usr/bin/env bash
# Lists runs, newest first, page by page: all of them, or those with a tag.
#   ./list.sh [TAG=VALUE]
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl --silent --show-error --fail-with-body ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }

cursor=
while
  page=$(curl --get "$BASE_URL/runs" --data limit=20 ${1:+--data-urlencode "tag=$1"} ${cursor:+--data-urlencode "cursor=$cursor"})
  node -e '
    for (const { id, status, workflow, createdAt } of JSON.parse(process.argv[1]).items) console.log(id, status, workflow.name, createdAt)
  ' "$page"
  cursor=$(node -pe 'JSON.parse(process.argv[1]).nextCursor ?? ""' "$page")
  [ -n "$cursor" ]
do :; done
