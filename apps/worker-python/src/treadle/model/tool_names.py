"""Names of tools as the protocol takes them (letters, digits, ``_``, ``-``; at most 64), and back."""

import hashlib
import re
from collections.abc import Iterable

_WIRE_LENGTH_MAX = 64
_WIRE = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_OTHER = re.compile(r"[^A-Za-z0-9_-]")


class ToolNames:
    """Of the tools of one request. ``docs.search`` becomes ``docs__search``; a name that is taken gets a hash."""

    def __init__(self, offered: Iterable[str]) -> None:
        self._wires: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for name in offered:
            plain = _plain(name)
            wire = _hashed(name) if plain in self._names else plain
            self._wires[name] = wire
            self._names[wire] = name

    def to_wire(self, name: str) -> str:
        """One that is offered no more is still in the conversation."""
        return self._wires.get(name) or _plain(name)

    def from_wire(self, wire: str) -> str:
        """What was not offered stays as the model wrote it, and is no name of a tool."""
        return self._names.get(wire) or _plain(wire)


def _plain(name: str) -> str:
    if _WIRE.match(name):
        return name
    wire = _OTHER.sub("_", name.replace(".", "__"))
    return _hashed(name) if len(wire) > _WIRE_LENGTH_MAX or not wire else wire


def _hashed(name: str) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_OTHER.sub('_', name)[: _WIRE_LENGTH_MAX - 9]}_{digest}"
