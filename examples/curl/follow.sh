#!/usr/bin/env bash
# Follows runs until they have ended: what is stored first, then what happens.
#   ./follow.sh RUN_ID [RUN_ID…]
set -euo pipefail
BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
curl() { command curl ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$@"; }
[ $# -gt 0 ] || { echo "usage: $0 RUN_ID [RUN_ID…]" >&2; exit 2; }

query=$(printf '&runId=%s' "$@")
curl --silent --show-error --fail-with-body --no-buffer "$BASE_URL/stream?${query#&}"
