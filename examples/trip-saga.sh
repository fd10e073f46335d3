#!/usr/bin/env bash
# A saga: flight, hotel and car, or nothing. What is undone when one of them fails is seen on the stream.
#   examples/trip-saga.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"

id=$(start trip-saga)
show "$id" node.completed,node.failed,custom.trip_given_up
result "$id"
