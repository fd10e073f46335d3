"""What HTTP answers say about failing."""

import re
import time
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d{1,9}(\.\d+)?\Z")
_DATE = re.compile(r"[A-Z][a-z]{2},? ")


def parse_retry_after(header: str | None, now_s: float | None = None) -> int | None:
    """What a ``Retry-After`` header asks for, in milliseconds: seconds, or an HTTP date. None where it says neither."""
    text = (header or "").strip()
    if _SECONDS.match(text):
        return round(float(text) * 1000)
    if _DATE.match(text) is None:
        return None
    try:
        at_s = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError):
        return None
    return max(0, round((at_s - (time.time() if now_s is None else now_s)) * 1000))


def type_of_status(status: int) -> str:
    """The type of error that an HTTP status stands for, as schemas/errors.json describes the types."""
    if status in (401, 403):
        return "auth"
    if status == 408:
        return "timeout"
    if status == 429:
        return "rate_limited"
    if status in (503, 529):
        return "overloaded"
    return "unavailable" if status >= 500 else "invalid_request"
