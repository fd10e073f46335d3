"""Writes the events of one attempt, in order, without waiting for each."""

from asyncio import Future
from typing import Any

from ..appender.appender import Appender
from ..appender.types import AppendResult, AttemptEnd, AttemptEvent, AttemptKey
from ..secrets.redactor import Redactor, TextStream
from ..values.utf16 import storable_text
from ..values.walk import map_strings
from .stop import Stop


class AttemptWriter:
    """The caller waits only where too much is under way. What comes back (the run's cancel flag, a fence, a failure to write)
    stops the attempt. No secret gets through.
    """

    def __init__(self, key: AttemptKey, appender: Appender, redactor: Redactor, stop: Stop) -> None:
        self._key = key
        self._appender = appender
        self._redactor = redactor
        self._stop = stop
        # `node.started` of the claim is before 1.
        self._ordinal = 0
        self._offset = 0
        self._texts = redactor.stream()
        # The arguments of each tool call, by its index: a secret may be cut in two there as well.
        self._calls: dict[int, TextStream] = {}

    async def text(self, piece: str) -> None:
        """A piece of the answer's text, as ``node.delta``."""
        self._stop.raise_if_stopped()
        self._delta(self._texts.push(piece))
        await self._appender.room()

    async def tool_call(self, piece: dict[str, Any]) -> None:
        """A piece of a tool call, as ``node.delta`` too."""
        self._stop.raise_if_stopped()
        stream = self._calls.setdefault(piece["index"], self._redactor.stream())
        self._tool_delta({**piece, "arguments": stream.push(piece.get("arguments", ""))})
        await self._appender.room()

    async def event(self, type: str, data: dict[str, Any]) -> None:
        self._stop.raise_if_stopped()
        self._append(type, map_strings(self._redactor.json(data), storable_text))
        await self._appender.room()

    async def end(self, type: str, **fields: Any) -> AppendResult:
        """The last event, with an output or an error that is clean already; ends when everything is committed."""
        self._delta(self._texts.end())
        for index, stream in self._calls.items():
            self._tool_delta({"index": index, "arguments": stream.end()})
        self._ordinal += 1
        return await self._appender.append(self._key, [], AttemptEnd(type, self._ordinal, **fields))

    def _delta(self, text: str) -> None:
        shown = storable_text(text)
        if not shown:
            return
        self._append("node.delta", {"text": shown, "offset": self._offset})
        self._offset += len(shown)

    def _tool_delta(self, piece: dict[str, Any]) -> None:
        shown = {key: value for key, value in piece.items() if value != ""}
        if len(shown) > 1:
            self._append("node.delta", {"toolCall": map_strings(self._redactor.json(shown), storable_text)})

    def _append(self, type: str, data: dict[str, Any]) -> None:
        self._ordinal += 1
        event = AttemptEvent(self._ordinal, type, data)
        self._appender.append(self._key, [event]).add_done_callback(self._heed)

    def _heed(self, result: "Future[AppendResult]") -> None:
        if result.cancelled() or result.exception() is not None:
            self._stop.now("lost")
        elif not result.result().accepted:
            self._stop.now("fenced")
        elif result.result().cancel_requested:
            self._stop.now("cancelled")
