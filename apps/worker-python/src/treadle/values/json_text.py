"""JSON as JavaScript writes it: every language has to store the same text for the same value."""

import json
import math
import re
from typing import Any

# Floats that Python writes otherwise than JavaScript does: `1.0`, `1e-07`, `1e+16`. May match in a text: then it costs time only.
_OTHER_FLOAT = re.compile(r"\d\.0(?!\d)|\de[+-]?\d")


def write_json(value: Any) -> str:
    """The JSON of a value, without spaces. Raises ValueError (or TypeError) for what is no JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text if _OTHER_FLOAT.search(text) is None else _write(value, sort=False)


def canonical_json(value: Any) -> str:
    """RFC 8785: the same, with the keys in the order of their UTF-16 units."""
    return _write(value, sort=True)


def _write(value: Any, *, sort: bool) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass")) if sort else value
        return "{" + ",".join(f"{_text(key)}:{_write(value[key], sort=sort)}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_write(item, sort=sort) for item in value) + "]"
    if isinstance(value, float):
        return _number(value)
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _number(value: float) -> str:
    """The shortest digits that give this double, laid out as ECMAScript's Number::toString does."""
    if not math.isfinite(value):
        raise ValueError("Out of range float values are not JSON compliant")
    if value == 0:
        return "0"
    sign, digits, exponent = _digits(value)
    point = len(digits) + exponent
    if 0 < point <= 21:
        whole = digits.ljust(point, "0")
        return sign + whole[:point] + ("." + whole[point:] if len(whole) > point else "")
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _digits(value: float) -> tuple[str, str, int]:
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or 0) - len(fraction)
    stripped = digits.rstrip("0")
    return ("-" if value < 0 else ""), stripped, power + len(digits) - len(stripped)
