#!/usr/bin/env bash
# Extraction from a list, twice: what was read once is not read again (`cache`), so the second run needs no model call.
#   examples/invoice-extraction.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"

for time in first second; do
  id=$(start invoice-extraction)
  result "$id"
  echo "Model calls of the $time run: $(request "/runs/$id" | field 'usage.llmCalls ?? 0')"
done
