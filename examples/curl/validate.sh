#!/usr/bin/env bash
# Shows every mistake of a document, with line and column. Nothing is started.
#   ./validate.sh [FILE]
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }

if [ $# -gt 0 ]; then
  document=$(cat "$1")
else
  document='ir: treadle/v1
name: wrong
nodes:
  greeting: { kind: set, value: "Dear ${nodes.custmer.name}" }
  customer: { kind: set, value: { name: Ada } }
  reply: { kind: sett, value: 1 }'
fi

curl --silent --show-error --fail-with-body "$BASE_URL/validate" \
  --header 'Content-Type: application/yaml' --data-binary "$document"
echo
