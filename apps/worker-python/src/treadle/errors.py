"""The one taxonomy of failures: types are what programs compare, messages are written for the user."""

from dataclasses import dataclass
from typing import Any

from .generated.errors import ERROR_TYPES


class TreadleError(Exception):
    """A failure that is expected. A function may raise it to name its type; anything else becomes ``tool_error``.

    ``type`` is one of the table's (``invalid_request``, ``rate_limited``, …) or the author's own; ``retry_after_ms`` is how
    long the other side asked to wait.
    """

    def __init__(self, type: str, message: str, *, details: Any = None, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.details = details
        self.retry_after_ms = retry_after_ms


@dataclass(frozen=True, slots=True)
class RetryDefaults:
    """How errors of a type are retried where the author says nothing else. Intervals in milliseconds."""

    retryable: bool = False
    catchable: bool = True
    max_attempts: int = 1
    initial_interval_ms: int = 500
    backoff_coefficient: float = 2
    max_interval_ms: int = 30_000


def retry_defaults(type: str) -> RetryDefaults:
    """The row of the table; an author's own type is not retried and can be caught."""
    row = ERROR_TYPES.get(type, {})
    return RetryDefaults(**{_FIELDS[key]: value for key, value in row.items()})


_FIELDS = {
    "retryable": "retryable",
    "catchable": "catchable",
    "maxAttempts": "max_attempts",
    "initialIntervalMs": "initial_interval_ms",
    "backoffCoefficient": "backoff_coefficient",
    "maxIntervalMs": "max_interval_ms",
}


def to_error_info(error: BaseException, node: str) -> dict[str, Any]:
    """Any exception as the wire shape; what is not ours is ``internal``, and its text stays out of it."""
    if not isinstance(error, TreadleError):
        message = "An unexpected error; the worker’s log has it."
        return {"type": "internal", "message": message, "node": node}
    info: dict[str, Any] = {"type": error.type, "message": error.message, "node": node}
    return info if error.details is None else {**info, "details": error.details}
