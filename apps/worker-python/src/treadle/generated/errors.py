# Made by apps/worker-python/scripts/generate.mjs from schemas/. Do not edit: npm run generate.

from typing import Any, Final

ERROR_TYPES: Final[dict[str, dict[str, Any]]] = {
    "invalid_request": {"retryable": False},
    "invalid_output": {"retryable": False},
    "auth": {"retryable": False},
    "rate_limited": {"retryable": True, "maxAttempts": 5, "initialIntervalMs": 1000, "backoffCoefficient": 2, "maxIntervalMs": 60000},
    "overloaded": {"retryable": True, "maxAttempts": 5, "initialIntervalMs": 1000, "backoffCoefficient": 2, "maxIntervalMs": 60000},
    "unavailable": {"retryable": True, "maxAttempts": 5, "initialIntervalMs": 500, "backoffCoefficient": 2, "maxIntervalMs": 30000},
    "timeout": {"retryable": True, "maxAttempts": 3, "initialIntervalMs": 500, "backoffCoefficient": 2, "maxIntervalMs": 30000},
    "refused": {"retryable": False},
    "tool_error": {"retryable": False},
    "limit_reached": {"retryable": False},
    "budget_exceeded": {"retryable": False, "catchable": False},
    "cancelled": {"retryable": False, "catchable": False},
    "internal": {"retryable": True, "maxAttempts": 3, "initialIntervalMs": 500, "backoffCoefficient": 2, "maxIntervalMs": 10000},
}
