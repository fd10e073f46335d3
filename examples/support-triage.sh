#!/usr/bin/env bash
# Support triage: a refund waits for a person, who says yes or no.
#   examples/support-triage.sh [true|false]
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ok=${1:-true}

id=$(start support-triage)
read -r event _ <<<"$(next_stop "$id")"
if [ "$event" = run.waiting ]; then
  echo "A person is asked:"
  request "/runs/$id/pending" | field 'items[0]'
  post "/runs/$id/signals/approve_refund" "{ \"ok\": $ok, \"note\": \"said by support-triage.sh\" }"
  echo
fi
result "$id"
