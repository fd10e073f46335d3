// Made by packages/contract/scripts/generate.mjs from schemas/. Do not edit: npm run generate.

export const ERROR_TABLE = {
  "$comment": "The one table of what can go wrong. `types` are failures of nodes and runs; `problems` are answers of the API (RFC 9457). TypeScript, Python and Go types come from here.",
  "types": {
    "invalid_request": {
      "retryable": false,
      "description": "The request cannot succeed as it is: an expression failed, an argument does not fit, the model or tool refused it as malformed (HTTP 400, 404, 405, 409, 413, 422)."
    },
    "invalid_output": {
      "retryable": false,
      "description": "A result does not fit its schema, after one repair turn where a model gave it."
    },
    "auth": {
      "retryable": false,
      "description": "Credentials are missing, wrong or not allowed (HTTP 401, 403)."
    },
    "rate_limited": {
      "retryable": true,
      "maxAttempts": 5,
      "initialIntervalMs": 1000,
      "backoffCoefficient": 2,
      "maxIntervalMs": 60000,
      "description": "Too many requests (HTTP 429). `Retry-After` is honoured."
    },
    "overloaded": {
      "retryable": true,
      "maxAttempts": 5,
      "initialIntervalMs": 1000,
      "backoffCoefficient": 2,
      "maxIntervalMs": 60000,
      "description": "The other side is at its limit (HTTP 503, 529). `Retry-After` is honoured."
    },
    "unavailable": {
      "retryable": true,
      "maxAttempts": 5,
      "initialIntervalMs": 500,
      "backoffCoefficient": 2,
      "maxIntervalMs": 30000,
      "description": "The other side could not be reached, or failed (connection refused or cut, a stream that ended early, HTTP 5xx)."
    },
    "timeout": {
      "retryable": true,
      "maxAttempts": 3,
      "initialIntervalMs": 500,
      "backoffCoefficient": 2,
      "maxIntervalMs": 30000,
      "description": "It took longer than its `timeout`."
    },
    "refused": {
      "retryable": false,
      "description": "The model refused to answer."
    },
    "tool_error": {
      "retryable": false,
      "description": "The tool ran and reported an error of its own."
    },
    "limit_reached": {
      "retryable": false,
      "description": "A `max`, `maxTurns` or `maxItems` was reached."
    },
    "budget_exceeded": {
      "retryable": false,
      "catchable": false,
      "description": "A limit of the run would have been passed; the message names the limit and the figure."
    },
    "cancelled": {
      "retryable": false,
      "catchable": false,
      "description": "It was cancelled."
    },
    "internal": {
      "retryable": true,
      "maxAttempts": 3,
      "initialIntervalMs": 500,
      "backoffCoefficient": 2,
      "maxIntervalMs": 10000,
      "description": "An error of Treadle's own."
    }
  },
  "problems": {
    "malformed-request": {
      "status": 400,
      "title": "The request cannot be read",
      "description": "The body is not JSON or YAML as declared, or a parameter or header has the wrong form. Correct the request; repeating it unchanged gives the same answer."
    },
    "future-cursor": {
      "status": 400,
      "title": "The position is past the end of the log",
      "description": "`Last-Event-ID` or `after` names an event that does not exist yet. Start again without it, or from a position that you have seen."
    },
    "unauthenticated": {
      "status": 401,
      "title": "Who is asking is not known",
      "description": "Send an API key as `Authorization: Bearer …`."
    },
    "forbidden": {
      "status": 403,
      "title": "This key may not do that",
      "description": "The key is valid but lacks the scope that the route needs."
    },
    "not-found": {
      "status": 404,
      "title": "There is nothing here",
      "description": "No such route, run, workflow, signal or blob for this tenant."
    },
    "method-not-allowed": {
      "status": 405,
      "title": "This method is not allowed here",
      "description": "`Allow` lists those that are."
    },
    "idempotency-conflict": {
      "status": 409,
      "title": "The first request with this key is still running",
      "description": "Try again after `Retry-After` seconds; you will get its answer."
    },
    "run-ended": {
      "status": 409,
      "title": "The run has ended",
      "description": "It cannot be signalled, cancelled, paused or resumed any more."
    },
    "run-active": {
      "status": 409,
      "title": "The run has not ended",
      "description": "Only a run that has ended can be rerun or erased. Cancel it, or wait for its end."
    },
    "run-exists": {
      "status": 409,
      "title": "A run with this id exists",
      "description": "The id belongs to a run that another request started. Choose another id."
    },
    "stream-gone": {
      "status": 410,
      "title": "These events are no longer kept",
      "description": "The log was erased or pruned by retention."
    },
    "precondition-failed": {
      "status": 412,
      "title": "It has changed since",
      "description": "`If-Match` names another version."
    },
    "too-large": {
      "status": 413,
      "title": "The request is too large",
      "description": "`detail` names the limit and the figure. Large inputs go to `POST /blobs` first."
    },
    "invalid-range": {
      "status": 416,
      "title": "There are no such bytes",
      "description": "`Range` asks for bytes past the end. `Content-Range` says how many there are."
    },
    "unsupported-media-type": {
      "status": 415,
      "title": "This media type is not understood",
      "description": "Send `application/json` (or `application/yaml` where an IR is taken)."
    },
    "invalid-ir": {
      "status": 422,
      "title": "The document has findings",
      "description": "`errors` lists every finding with its place. `POST /validate` gives the same list."
    },
    "invalid-input": {
      "status": 422,
      "title": "The input does not fit the workflow's inputSchema",
      "description": "`errors` lists each place that does not fit."
    },
    "invalid-signal": {
      "status": 422,
      "title": "The payload does not fit",
      "description": "The waiting `receive` (or, with none waiting, each of that name) asks for another shape. The run is unharmed and goes on waiting."
    },
    "idempotency-mismatch": {
      "status": 422,
      "title": "This key belongs to another request",
      "description": "The same `Idempotency-Key` was sent before with another body. Use a new key for a new request."
    },
    "rate-limited": {
      "status": 429,
      "title": "Too many requests",
      "description": "Try again after `Retry-After` seconds."
    },
    "quota-exceeded": {
      "status": 429,
      "title": "The tenant's quota is used up",
      "description": "`detail` names the quota and the figure."
    },
    "internal": {
      "status": 500,
      "title": "Something went wrong on our side",
      "description": "The answer carries an id; the operator's log has the rest."
    },
    "overloaded": {
      "status": 503,
      "title": "The server is at its limit",
      "description": "Try again after `Retry-After` seconds. Nothing was changed."
    },
    "dependency-unavailable": {
      "status": 503,
      "title": "A part that this needs cannot be reached",
      "description": "`detail` says which one. Try again after `Retry-After` seconds."
    }
  }
} as const
