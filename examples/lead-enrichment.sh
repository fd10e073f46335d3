#!/usr/bin/env bash
# Child runs: the parent says which children it has started, and all are followed together on one stream.
#   examples/lead-enrichment.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"

id=$(start lead-enrichment)
result "$id"

events=$(request "/runs/$id/events?types=node.started&limit=1000")
children=$(field 'items.flatMap(({ data }) => data.childRunId ?? []).join("&runId=")' <<<"$events")
echo "The runs, children included:"
request "/stream?runId=$id&runId=$children&types=run.created,custom.reminder,run.completed" | grep '^data: ' | cut -c 7-
