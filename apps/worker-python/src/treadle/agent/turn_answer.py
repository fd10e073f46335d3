"""The tool calls of a model, as the conversation and the workflow take them."""

import asyncio
import json
from typing import Any

from ..errors import TreadleError
from ..generated.types import ToolCall
from ..values.foreign import check_foreign, parse_foreign
from ..values.json_text import write_json
from ..values.store import INLINE_BYTES_MAX
from ..values.utf16 import utf16_cut
from ..work.context import Keep

# Arguments up to this stay in an answer that is too large as a whole. Bytes of JSON.
_ARGUMENTS_BYTES = 1024
_SHOWN_LENGTH = 200


def with_ids(calls: list[ToolCall], turn: int) -> list[ToolCall]:
    """Each with an id of its own: some servers give none, or the same one to all."""
    taken: set[str] = set()
    named: list[ToolCall] = []
    for index, call in enumerate(calls):
        id = f"call_{turn}_{index}" if not call["id"] or call["id"] in taken else call["id"]
        taken.add(id)
        named.append({**call, "id": id})
    return named


async def asked_tool_calls(calls: list[ToolCall], keep: Keep) -> list[Any]:
    """The calls for the workflow: where they are too large together, large arguments are put aside as handles of the objects that
    they are.
    """
    if _bytes(write_json(calls)) <= INLINE_BYTES_MAX:
        return calls
    return list(await asyncio.gather(*(_put_aside(call, keep) for call in calls)))


async def _put_aside(call: ToolCall, keep: Keep) -> Any:
    text = call["arguments"]
    if _bytes(text) <= _ARGUMENTS_BYTES:
        return call
    args = _parsed(text)
    if args is None:
        # Nothing can be made of them: enough is kept to say so, and never JSON.
        return {**call, "arguments": f"{utf16_cut(text, _SHOWN_LENGTH)}…"}
    return {**call, "arguments": "", "args": await keep(args, 0)}


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        args = parse_foreign(text, "The arguments")
        check_foreign(args, "The arguments")
    except (TreadleError, json.JSONDecodeError):
        return None
    return args if isinstance(args, dict) else None


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
