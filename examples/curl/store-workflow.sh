#!/usr/bin/env bash
# Keeps a workflow under a name: a version that never changes, and a label that moves; then starts a run by the label.
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl --silent --show-error --fail-with-body ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }

echo "Its first version, or the one that it is already:"
curl --request PUT "$BASE_URL/workflows/greeting?label=live" --header 'Content-Type: application/yaml' --data-binary '
ir: treadle/v1
name: greeting
nodes:
  hello: { kind: set, value: "Hello ${input.name}" }
output: ${nodes.hello}'
echo

echo "Another document is another version; the label stays where it is until somebody moves it:"
curl --request PUT "$BASE_URL/workflows/greeting" --header 'Content-Type: application/yaml' --data-binary '
ir: treadle/v1
name: greeting
nodes:
  hello: { kind: set, value: "Good morning ${input.name}" }
output: ${nodes.hello}'
echo

start() {
  curl "$BASE_URL/runs" --header 'Content-Type: application/json' --header 'Prefer: wait=30' \
    --data '{ "workflow": "greeting@live", "input": { "name": "Ada" } }'
  echo
}

start
echo "The label moves:"
curl --request PUT "$BASE_URL/workflows/greeting/labels/live" --header 'Content-Type: application/json' --data '{ "version": 2 }'
echo
start
