#!/usr/bin/env bash
# A human form: it comes filled in, its owner confirms it, and a manager signs large sums.
#   examples/expense-form.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"

id=$(start expense-form)
read -r event seq <<<"$(next_stop "$id")"
form=$(request "/runs/$id/pending" | field 'items[0].form')
echo "The form: $form"

echo "What does not fit the form is not taken, and the form stays open:"
curl --silent --show-error ${API_KEY:+--header "Authorization: Bearer $API_KEY"} \
  --header 'Content-Type: application/json' --data '{ "merchant": "Roma" }' "$BASE_URL/runs/$id/signals/confirm_expense"
echo

post "/runs/$id/signals/confirm_expense" "$(field values <<<"$form")"
echo
read -r event seq <<<"$(next_stop "$id" "$seq")"
if [ "$event" = run.waiting ]; then
  request "/runs/$id/pending" | field 'items[0].title'
  post "/runs/$id/signals/sign_expense" '{ "ok": true }'
  echo
fi
result "$id"
