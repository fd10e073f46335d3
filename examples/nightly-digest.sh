#!/usr/bin/env bash
# A nightly digest: feeds are read at once, and what it sends waits for the hour that was asked for.
#   examples/nightly-digest.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"

id=$(start nightly-digest)
show "$id" run.waiting,node.completed
result "$id"
