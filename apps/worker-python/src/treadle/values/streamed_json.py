"""A large JSON text from outside, checked and cleaned as it comes."""

import codecs
import json
import math
import re
from typing import NoReturn

from ..errors import TreadleError
from ..secrets.redactor import Redactor, TextStream
from .foreign import DEPTH_MAX, SAFE_INTEGER_MAX
from .utf16 import storable_text

# Longer ones no program writes; they would be held.
_NUMBER_LENGTH_MAX = 1_000
_BLOB_KEY = "$blob"
# `$blob` with every character escaped, and then some.
_KEY_LENGTH_MAX = 64

# Everything up to the closing quote, or to what is no text, or not there whole.
_CONTENT = re.compile(r'[^"\\\x00-\x1f]*(?:\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])[^"\\\x00-\x1f]*)*')
_ESCAPES = re.compile(r"(?:\\(?:u[0-9a-fA-F]{4}|[^u]))+")
_ESCAPE_BEGUN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
# The first half of a pair, of which the second may come with the next piece.
_HALF_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")
_TOKEN = re.compile(r"(?P<mark>[{}\[\],:])|(?P<quote>\")|(?P<word>[-+.0-9A-Za-z]+)|[ \t\r\n]+")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_LITERALS = frozenset({"true", "false", "null"})


class StreamedJson:
    """Holds a text that comes in pieces to what ``parse_foreign`` and ``check_foreign`` hold one to that is at hand: it is JSON, without
    the key ``$blob``, rounded integers, or more than 100 levels. What stands in strings, keys too, is given without secrets and without
    what Postgres cannot store; everything else as it came. It holds no more than a number, or what could begin a secret, whatever the
    size. What it cannot see is a key that comes twice: readers take the last one.

    Both methods raise ``invalid_output``, with ``what`` as the subject of its sentence.
    """

    def __init__(self, what: str, redactor: Redactor) -> None:
        self._what = what
        self._redactor = redactor
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._wants = "value"
        self._is_object: list[bool] = []
        self._in_string = False
        self._is_key = False
        self._key = ""
        # Of the string that was cut by the end of a piece.
        self._shown: TextStream | None = None
        # Characters that mean nothing without the next piece, and the bytes before them.
        self._held = ""
        self._offset = 0

    def push(self, piece: bytes) -> bytes:
        """What may be given by now."""
        return self._take(self._decode(piece, final=False), final=False).encode()

    def end(self) -> bytes:
        """The rest."""
        rest = self._take(self._decode(b"", final=True), final=True)
        if self._in_string or self._wants != "after" or self._is_object:
            self._fail("is not JSON: it ends", "")
        return rest.encode()

    def _decode(self, piece: bytes, *, final: bool) -> str:
        try:
            return self._held + self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            raise TreadleError("invalid_output", f"{self._what} is not UTF-8") from None

    def _take(self, text: str, *, final: bool) -> str:
        shown: list[str] = []
        at = 0
        while at < len(text):
            if self._in_string:
                end = _CONTENT.match(text, at).end()  # pyright: ignore[reportOptionalMemberAccess]
                if end == len(text) or text[end] != '"':
                    at = self._cut(text, at, end, shown)
                    break
                shown.append(self._close_string(text[at:end], text, end))
                shown.append('"')
                at = end + 1
                continue
            token = _TOKEN.match(text, at)
            if token is None:
                self._fail("is not JSON", text[:at])
            word = token["word"]
            if word is not None and len(word) > _NUMBER_LENGTH_MAX:
                self._fail("has a number of more than 1,000 digits", text[:at])
            if word is not None and token.end() == len(text) and not final:
                break  # It may go on.
            if word is not None:
                self._word(word, text[:at])
            elif token["quote"]:
                self._open_string(text[:at])
            elif token["mark"]:
                self._mark(token["mark"], text[:at])
            shown.append(token[0])
            at = token.end()
        self._held = text[at:]
        self._offset += len(text[:at].encode("utf-8", "surrogatepass"))
        return "".join(shown)

    def _word(self, word: str, before: str) -> None:
        if not self._wants.startswith("value"):
            self._fail("is not JSON", before)
        self._wants = "after"
        if word in _LITERALS:
            return
        number = _NUMBER.fullmatch(word)
        if number is None:
            self._fail("is not JSON", before)
        if not math.isfinite(float(word)):
            self._fail("has a number that JSON cannot hold", before)
        if number[1] is None and number[2] is None and abs(int(word)) > SAFE_INTEGER_MAX:
            self._fail("has an integer beyond 2^53 - 1, which would be rounded: send it as a string,", before)

    def _mark(self, mark: str, before: str) -> None:
        wants = self._wants
        if mark == ":" and wants == "colon":
            self._wants = "value"
        elif mark in "{[" and wants.startswith("value"):
            if len(self._is_object) == DEPTH_MAX:
                self._fail(f"is nested more than {DEPTH_MAX} levels deep", before)
            self._is_object.append(mark == "{")
            self._wants = "key-or-end" if mark == "{" else "value-or-end"
        elif mark in "}]" and wants in ("after", "key-or-end" if mark == "}" else "value-or-end"):
            if not self._is_object or self._is_object.pop() != (mark == "}"):
                self._fail("is not JSON", before)
            self._wants = "after"
        elif mark == "," and wants == "after" and self._is_object:
            self._wants = "key" if self._is_object[-1] else "value"
        else:
            self._fail("is not JSON", before)

    def _open_string(self, before: str) -> None:
        self._is_key = self._wants.startswith("key")
        if not self._is_key and not self._wants.startswith("value"):
            self._fail("is not JSON", before)
        self._in_string, self._key, self._shown = True, "", None

    def _close_string(self, content: str, text: str, at: int) -> str:
        if self._is_key and len(self._key) <= _KEY_LENGTH_MAX:
            key = self._key + content[:_KEY_LENGTH_MAX]
            if len(content) <= _KEY_LENGTH_MAX and json.loads(f'"{key}"') == _BLOB_KEY:
                self._fail('has the key "$blob", which is reserved for stored values,', text[:at])
        self._in_string = False
        self._wants = "colon" if self._is_key else "after"
        if self._shown is None:
            return self._redactor.text(_canonical(content))
        return self._shown.push(_canonical(content)) + self._shown.end()

    def _cut(self, text: str, at: int, end: int, shown: list[str]) -> int:
        """The piece ends within a string; gives from where on it is held."""
        rest = text[end:]
        if rest and _ESCAPE_BEGUN.fullmatch(rest) is None:
            self._fail("is not JSON", text[:end])
        half = _HALF_PAIR.search(text, at, end)
        # A backslash before it that is itself escaped makes it no escape.
        if half is not None and (half.start() - at - len(text[at : half.start()].rstrip("\\"))) % 2 == 0:
            end = half.start()
        content = text[at:end]
        if self._is_key:
            self._key += content[: _KEY_LENGTH_MAX + 1]
        if self._shown is None:
            self._shown = self._redactor.stream()
        shown.append(self._shown.push(_canonical(content)))
        return end

    def _fail(self, problem: str, before: str) -> NoReturn:
        place = self._offset + len(before.encode("utf-8", "surrogatepass"))
        raise TreadleError("invalid_output", f"{self._what} {problem} at byte {place}")


class StreamedText:
    """Makes a JSON string of a text that comes in pieces, without secrets and what Postgres cannot store."""

    def __init__(self, redactor: Redactor) -> None:
        self._stream = redactor.stream()
        self._is_open = False

    def push(self, piece: str) -> bytes:
        return (self._open() + _in_json(self._stream.push(piece))).encode()

    def end(self) -> bytes:
        return (self._open() + _in_json(self._stream.end()) + '"').encode()

    def _open(self) -> str:
        if self._is_open:
            return ""
        self._is_open = True
        return '"'


def _in_json(text: str) -> str:
    return json.dumps(storable_text(text), ensure_ascii=False)[1:-1]


def _canonical(content: str) -> str:
    """Escapes as every writer here has them, so that no spelling hides a secret."""
    if "\\" not in content:
        return content
    return _ESCAPES.sub(lambda run: _in_json(json.loads(f'"{run[0]}"')), content)
