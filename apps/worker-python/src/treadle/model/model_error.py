"""What a call of a model failed with, by the one taxonomy."""

import json
import re
from typing import Any

import httpx2

from ..errors import TreadleError
from ..net.retry_after import parse_retry_after, type_of_status


def unreachable(error: httpx2.HTTPError) -> TreadleError:
    """No answer has begun."""
    if isinstance(error, httpx2.ReadTimeout | httpx2.WriteTimeout):
        return TreadleError("timeout", "The model server did not answer in time.")
    return TreadleError("unavailable", f"The model server cannot be reached ({type(error).__name__}).")


def broken_off() -> TreadleError:
    """The answer had begun."""
    return TreadleError("unavailable", "The model’s stream broke off.")


def not_json() -> TreadleError:
    return TreadleError("unavailable", "The model server sent a chunk that is not JSON.")


def of_answer(status: int, headers: httpx2.Headers, body: str) -> TreadleError:
    """An answer with a status of 400 and more."""
    try:
        parsed = json.loads(body)
        error = parsed.get("error") if isinstance(parsed, dict) else None
        text = _message_of(error) if error is not None else None
    except ValueError:
        error, text = None, body
    code = error.get("code") if isinstance(error, dict) else None
    return TreadleError(
        type_of_status(status),
        f"The model server answered with an error: {status} {text or 'status code (no body)'}",
        details={"status": status, **({"code": code} if isinstance(code, str) else {})},
        retry_after_ms=parse_retry_after(headers.get("retry-after")),
    )


def of_event(error: Any) -> TreadleError:
    """An error inside of a stream has no status, only OpenAI's ``type`` and ``code``."""
    fields = error if isinstance(error, dict) else {}
    said = f"{fields.get('type')} {fields.get('code')}"
    code = fields.get("code")
    return TreadleError(
        next((type for pattern, type in _TYPES if re.search(pattern, said)), "unavailable"),
        f"The model server answered with an error: {_message_of(error)}",
        details={"code": code} if isinstance(code, str) else None,
    )


_TYPES = (
    ("rate_limit", "rate_limited"),
    ("overloaded|capacity", "overloaded"),
    ("invalid_request", "invalid_request"),
    ("authentication|permission", "auth"),
)


def _message_of(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else None
    if isinstance(message, str) and message:
        return message
    return json.dumps(message or error, ensure_ascii=False, separators=(",", ":"))
