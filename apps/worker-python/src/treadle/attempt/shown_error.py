"""What events and histories may show of an error."""

from typing import Any

from ..secrets.redactor import Redactor
from ..values.json_text import write_json
from ..values.utf16 import storable_text, utf16_cut, utf16_length
from ..values.walk import map_strings

_MESSAGE_LENGTH_MAX = 2000
# Errors stand in Temporal's history, which cuts failures at 4 KiB.
_DETAILS_BYTES_MAX = 2048


def shown_error(error: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    """The error without secrets, storable, and small, whatever the other side wrote into it.

    Secrets go first: half of one would not be known again.
    """

    def clean(text: str) -> str:
        return storable_text(redactor.text(text))

    shown = {**error, "message": _shorten(clean(error["message"]))}
    if "details" in error:
        shown["details"] = _shown_details(error["details"], clean)
    return shown


def _shorten(text: str) -> str:
    return f"{utf16_cut(text, _MESSAGE_LENGTH_MAX)}…" if utf16_length(text) > _MESSAGE_LENGTH_MAX else text


def _shown_details(details: Any, clean: Any) -> Any:
    try:
        value = map_strings(details, clean)
        if len(write_json(value).encode("utf-8", "surrogatepass")) <= _DETAILS_BYTES_MAX:
            return value
        return {"omitted": "The details were too large."}
    except (ValueError, TypeError, RecursionError):
        return {"omitted": "The details were no JSON."}
