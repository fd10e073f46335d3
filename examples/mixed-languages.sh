#!/usr/bin/env bash
# Workers of three languages in one run: each node says on the stream which one executed it.
#   examples/mixed-languages.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"

id=$(start mixed-languages)
show "$id" node.started,node.completed
result "$id"
