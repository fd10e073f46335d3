"""Walks over JSON values."""

from collections.abc import Callable
from typing import Any


def map_strings(value: Any, change: Callable[[str], str]) -> Any:
    """The value with ``change`` applied to every string in it, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_strings(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): map_strings(item, change) for key, item in value.items()}
    return value


def is_handle(value: Any) -> bool:
    """Says whether the value stands for a stored one: ``{"$blob": {sha256, size}}``."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("$blob"), dict)


def handles_in(value: Any) -> list[dict[str, Any]]:
    """The blobs that the value's handles name, in the order in which they stand."""
    if is_handle(value):
        return [value["$blob"]]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [blob for item in items for blob in handles_in(item)]
