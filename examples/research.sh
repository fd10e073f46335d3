#!/usr/bin/env bash
# Research: what it looks for is seen on the stream as an event of the document's own, then each node that is done.
#   examples/research.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"

id=$(start research)
show "$id" custom.searched,node.completed
result "$id"
