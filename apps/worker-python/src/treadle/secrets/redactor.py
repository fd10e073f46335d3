"""Keeps the values of secrets out of everything that leaves an execution."""

import re
from typing import Any

from ..values.utf16 import joined_pairs
from ..values.walk import map_strings
from .forms import forms_of
from .prefix_tracker import PrefixTracker, PrefixTrie


class Redactor:
    """A value, in any of its forms, becomes ``[secret NAME]``. What is added later is known to every text after it."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._trie = PrefixTrie([])

    def add(self, name: str, value: str) -> None:
        """Makes a secret known."""
        fresh = [form for form in forms_of(value) if form and form not in self._names]
        if not fresh:
            return
        self._names.update(dict.fromkeys(fresh, name))
        # The longest first: a secret that begins with another one is replaced whole.
        forms = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, forms)))
        self._trie = PrefixTrie(forms)

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: f"[secret {self._names[match[0]]}]", text)

    def json(self, value: Any) -> Any:
        """Every string in it, keys too."""
        return value if self._pattern is None else map_strings(value, self.text)

    def stream(self) -> "TextStream":
        """For text that comes in pieces: a secret that is cut in two is found too."""
        return TextStream(self, PrefixTracker(self._trie))

    def safe_cut(self, text: str, cut: int) -> int:
        """Where the text may be cut: not within a secret, and not between the halves of a surrogate pair."""
        if self._pattern is not None and cut < len(text):
            for match in self._pattern.finditer(text):
                if match.start() < cut < match.end():
                    cut = match.start()
        return cut - 1 if cut > 0 and "\ud800" <= text[cut - 1] < "\udc00" else cut


class TextStream:
    """``push`` gives what may be shown by now; ``end`` gives the rest."""

    def __init__(self, redactor: Redactor, tracker: PrefixTracker) -> None:
        self._redactor = redactor
        self._tracker = tracker
        self._held = ""

    def push(self, piece: str) -> str:
        hold = self._tracker.advance(piece)
        text = self._held + piece
        cut = self._redactor.safe_cut(text, len(text) - hold)
        self._held = text[cut:]
        return self._redactor.text(joined_pairs(text[:cut]))

    def end(self) -> str:
        rest, self._held = self._held, ""
        return self._redactor.text(joined_pairs(rest))
