#!/usr/bin/env bash
# An agent with tools and a budget: before it books, a person sees what it wants to book, and says yes or no.
#   examples/booking-agent.sh [true|false]
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ok=${1:-true}

id=$(start booking-agent)
seq=0
while read -r event seq <<<"$(next_stop "$id" "$seq")" && [ "$event" = run.waiting ]; do
  waiting=$(request "/runs/$id/pending" | field 'items[0]')
  echo "A person is asked: $waiting"
  post "/runs/$id/signals/approve_book" "{ \"ok\": $ok }"
  echo
done
result "$id"
