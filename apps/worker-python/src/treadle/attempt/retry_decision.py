"""Whether a node that has failed is tried again, and after how long."""

import math
from typing import Any

from ..errors import retry_defaults
from ..generated.types import PlanRetry

# Attempts of a type that is retried only because the author's `retry.on` names it.
_ATTEMPTS_WHEN_NAMED = 3
# Whatever the other side asks for.
_DELAY_MS_MAX = 24 * 60 * 60 * 1000


def decide_retry(error: dict[str, Any], retry: PlanRetry, failures: int, retry_after_ms: int = 0) -> int | None:
    """The delay in milliseconds; None where it is not tried again. ``failures`` counts those before this one, deaths do not."""
    defaults = retry_defaults(error["type"])
    on = retry.get("on")
    is_retried = defaults.retryable if on is None else error["type"] in on
    if not defaults.catchable or not is_retried:
        return None
    attempts_max = retry.get("maxAttempts", defaults.max_attempts if defaults.retryable else _ATTEMPTS_WHEN_NAMED)
    if failures + 1 >= attempts_max:
        return None
    initial_ms = retry.get("initialIntervalMs", defaults.initial_interval_ms)
    coefficient = retry.get("backoffCoefficient", defaults.backoff_coefficient)
    max_ms = retry.get("maxIntervalMs", max(defaults.max_interval_ms, initial_ms))
    try:
        backoff_ms = min(initial_ms * coefficient**failures, max_ms)
    except OverflowError:
        backoff_ms = max_ms
    return min(math.floor(max(backoff_ms, retry_after_ms) + 0.5), _DELAY_MS_MAX)
