#!/usr/bin/env bash
# Sends a large value, starts a run that counts its entries, and reads a part of the value back.
#   ./upload.sh [FILE.json]
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
file=${1:-}
if [ -z "$file" ]; then
  file=$(mktemp)
  trap 'rm -f "$file"' EXIT
  node -e 'console.log(JSON.stringify(Array.from({ length: 50_000 }, (_, index) => `entry ${index}`)))' > "$file"
fi

echo "The value is stored under the SHA-256 of its bytes:"
blob=$(curl --silent --show-error --fail-with-body "$BASE_URL/blobs" \
  --header 'Content-Type: application/json' --data-binary "@$file")
echo "$blob"
sha256=$(node -pe 'JSON.parse(process.argv[1]).sha256' "$blob")

echo "A run that reads it:"
curl --silent --show-error --fail-with-body "$BASE_URL/runs" \
  --header 'Content-Type: application/json' --header 'Prefer: wait=30' \
  --data '{
    "ir": {
      "ir": "treadle/v1",
      "name": "count",
      "nodes": { "entries": { "kind": "set", "value": "${size(input.list)}" } }
    },
    "input": { "list": { "blob": "'"$sha256"'" } }
  }'
echo

echo "Its first bytes:"
curl --silent --show-error --fail-with-body "$BASE_URL/blobs/$sha256" --header 'Range: bytes=0-39'
echo
