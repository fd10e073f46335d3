# Sourced by the scripts beside it: each is a few requests with curl to a server at BASE_URL, for a document of this folder.

BASE_URL=${BASE_URL:-http://127.0.0.1:8080}
# Where the documents find the tools that they call: those of `npm start`.
TOOLS_URL=${TOOLS_URL:-http://127.0.0.1:8090}
EXAMPLES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# request PATH [options of curl]: fails when the answer is no success.
request() {
  curl --silent --show-error --fail-with-body --no-buffer \
    ${API_KEY:+--header "Authorization: Bearer $API_KEY"} "$BASE_URL$1" "${@:2}"
}

# post PATH JSON
post() {
  request "$1" --header 'Content-Type: application/json' --data-binary @- <<<"$2"
}

# field EXPRESSION: what JavaScript's `it.EXPRESSION` gives for the JSON on standard input.
field() {
  node -e 'const it = JSON.parse(require("fs").readFileSync(0)); const found = eval("it." + process.argv[1])
    console.log(typeof found === "string" ? found : JSON.stringify(found))' "$1"
}

# start NAME: starts NAME.yaml with inputs/NAME.json, and prints the run's id. The document is sent as the text that it is.
start() {
  local body
  body=$(node -e '
    const [yaml, input, tools] = process.argv.slice(1)
    const read = (file) => require("fs").readFileSync(file, "utf8")
    console.log(JSON.stringify({ ir: read(yaml).replaceAll("http://127.0.0.1:8090", tools), input: JSON.parse(read(input)) }))
  ' "$EXAMPLES/$1.yaml" "$EXAMPLES/inputs/$1.json" "$TOOLS_URL")
  post /runs "$body" | field id
}

# show RUN [TYPES]: the run's events of these types (default: all) as they come, until its last one.
show() {
  request "/runs/$1/stream${2:+?types=$2}" | grep --line-buffered '^data: ' | cut -c 7-
}

# next_stop RUN [SEQ]: waits until the run, past the event SEQ, waits for a person or ends; prints the type and the number of that event.
next_stop() {
  local event
  # What is read no further makes curl complain.
  event=$(grep --max-count=1 '^data: ' < <(request "/runs/$1/stream?types=run.waiting&after=${2:-0}" 2> /dev/null)) || return 1
  event=${event#data: }
  echo "$(field type <<<"$event") $(field seq <<<"$event")"
}

# result RUN
result() {
  request "/runs/$1/result?wait=60s"
  echo
}
