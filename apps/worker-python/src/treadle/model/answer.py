"""One answer of a model, as it grows."""

from dataclasses import dataclass, field
from typing import Any

from ..errors import TreadleError
from ..generated.types import ToolCall
from ..values.utf16 import joined_pairs, utf16_length

# An answer longer than this has run away, in UTF-16 units.
_ANSWER_LENGTH_MAX = 8 * 1024 * 1024
_TOOL_CALLS_MAX = 128


class MalformedChunkError(ValueError):
    """A chunk is not what the protocol says."""


@dataclass
class Answer:
    """``take`` lays a chunk onto it."""

    pieces: list[str] = field(default_factory=list)
    refusal: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    finish_reason: str = ""
    length: int = 0

    @property
    def text(self) -> str:
        return joined_pairs("".join(self.pieces))

    def take(self, chunk: Any) -> "list[str | dict[str, Any]]":
        """What is new in the chunk: texts, and pieces of tool calls. Choices beyond the first were not asked for."""
        if not isinstance(chunk, dict):
            raise MalformedChunkError
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return []
        delta = choice.get("delta") or {}
        parts: list[str | dict[str, Any]] = []
        content, refusal = delta.get("content"), delta.get("refusal")
        if isinstance(content, str) and content:
            self.pieces.append(content)
            self.length += utf16_length(content)
            parts.append(content)
        if isinstance(refusal, str):
            self.refusal += refusal
        parts += [self._take_tool_call(call) for call in delta.get("tool_calls") or []]
        if choice.get("finish_reason"):
            self.finish_reason = choice["finish_reason"]
        if self.length + len(self.refusal) > _ANSWER_LENGTH_MAX:
            raise TreadleError("invalid_output", f"The answer is longer than {_ANSWER_LENGTH_MAX} characters.")
        return parts

    def _take_tool_call(self, piece: dict[str, Any]) -> dict[str, Any]:
        calls, index = self.tool_calls, piece.get("index")
        if not isinstance(index, int) or not 0 <= index < _TOOL_CALLS_MAX or index > len(calls):
            raise MalformedChunkError
        if index == len(calls):
            calls.append({"id": "", "name": "", "arguments": ""})
        call, function = calls[index], piece.get("function") or {}
        # The id comes whole, and from some servers with every piece; name and arguments grow.
        given = {"id": piece.get("id"), "name": function.get("name"), "arguments": function.get("arguments")}
        shown = {key: value for key, value in given.items() if value}
        call["id"] = shown.get("id", call["id"])
        call["name"] += shown.get("name", "")
        call["arguments"] += shown.get("arguments", "")
        if len(call["arguments"]) > _ANSWER_LENGTH_MAX:
            message = f"The arguments of a tool call are longer than {_ANSWER_LENGTH_MAX} characters."
            raise TreadleError("invalid_output", message)
        return {"index": index, **shown}


def usage_of(usage: dict[str, Any]) -> dict[str, Any]:
    """The counts of the protocol under our names."""
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
    counts = {
        "inputTokens": usage.get("prompt_tokens"),
        "outputTokens": usage.get("completion_tokens"),
        "cachedInputTokens": cached,
        "reasoningTokens": reasoning,
    }
    return {name: count for name, count in counts.items() if isinstance(count, int)}
