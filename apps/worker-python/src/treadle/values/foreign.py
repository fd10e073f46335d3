"""Values that come from outside: read from their text, and refused where they are not what they seem."""

import json
from typing import Any, NoReturn

from ..errors import TreadleError

# Deeper values are refused: what comes after walks them by recursion.
DEPTH_MAX = 100
SAFE_INTEGER_MAX = 2**53 - 1


def parse_foreign(text: str, what: str) -> Any:
    """The JSON of a text that comes from outside. Raises ``invalid_output``, with ``what`` as the subject of its sentence."""
    rounded: list[str] = []

    def integer(token: str) -> int:
        value = int(token) if len(token) < 400 else 0
        if len(token) >= 400 or abs(value) > SAFE_INTEGER_MAX:
            rounded.append(token)
        return value

    try:
        value = json.loads(text, parse_int=integer, parse_float=_number, parse_constant=_refuse)
    except RecursionError:
        raise TreadleError("invalid_output", f"{what} is nested more than {DEPTH_MAX} levels deep") from None
    except ValueError as error:
        # Where the mistake is, and not the piece of text that is wrong: it could be half of a secret.
        place = f" at position {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise TreadleError("invalid_output", f"{what} is not JSON{place}") from None
    if rounded:
        message = f"{what} has the integer {rounded[0]}, beyond 2^53 - 1: send it as a string, or it would be rounded"
        raise TreadleError("invalid_output", message)
    return value


def check_foreign(value: Any, what: str) -> None:
    """Refuses a key ``$blob``, which would pass for a handle of ours, and a value that is too deep to walk."""
    problem = _problem(value, "", 0)
    if problem is not None:
        raise TreadleError("invalid_output", f"{what} {problem}")


def _problem(value: Any, pointer: str, depth: int) -> str | None:
    if not isinstance(value, dict | list):
        return None
    if depth == DEPTH_MAX:
        return f"is nested more than {DEPTH_MAX} levels deep"
    if isinstance(value, dict) and "$blob" in value:
        place = f" at {pointer}" if pointer else ""
        return f'has the key "$blob"{place}, which is reserved for stored values'
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in entries:
        if isinstance(item, dict | list):
            found = _problem(item, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}", depth + 1)
            if found is not None:
                return found
    return None


def _number(token: str) -> float | int:
    """What JavaScript makes of it: an integral double is written as an integer."""
    value = float(token)
    return int(value) if value.is_integer() and abs(value) <= SAFE_INTEGER_MAX else value


def _refuse(token: str) -> NoReturn:
    raise ValueError(f"{token} is no JSON")
