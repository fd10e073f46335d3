#!/usr/bin/env bash
# A dialogue: as long as the run waits, its question is shown and answered.
#   examples/intake-dialogue.sh [ANSWER…]
set -euo pipefail
source "$(dirname "$0")/lib.sh"

id=$(start intake-dialogue)
seq=0
while read -r event seq <<<"$(next_stop "$id" "$seq")" && [ "$event" = run.waiting ]; do
  waiting=$(request "/runs/$id/pending" | field 'items[0]')
  echo "$(field title <<<"$waiting")"
  case $(field signal <<<"$waiting") in
    answer)
      answer=$(node -p 'JSON.stringify({ text: process.argv[1] })' "${1:-That is all I know.}")
      [ $# -gt 0 ] && shift
      post "/runs/$id/signals/answer" "$answer"
      ;;
    confirm) post "/runs/$id/signals/confirm" '{ "ok": true }' ;;
  esac
  echo
done
result "$id"
