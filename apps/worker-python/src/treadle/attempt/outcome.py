"""How an attempt came out, in the log and so for whoever hosts it."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Outcome:
    """``retrying``: the next attempt may begin after ``delay_ms``. ``ended``: the run has its last event already. ``died``: the
    attempt is over without a word in the log, and who comes next writes that it died.
    """

    status: Literal["completed", "retrying", "failed", "cancelled", "ended", "died"]
    outbox_applied: int
    output: Any = None
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    delay_ms: int = 0
    attempt: int | None = None
    why: str = ""
