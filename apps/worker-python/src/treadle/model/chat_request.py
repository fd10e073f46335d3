"""The request of one call: the author's parameters, and over them what Treadle needs."""

from typing import Any

from ..generated.types import PlanModel, ToolSpec
from ..values.json_text import canonical_json
from .tool_names import ToolNames


def chat_request(
    model: PlanModel,
    messages: list[dict[str, Any]],
    format: dict[str, Any] | None = None,
    tools: list[ToolSpec] | None = None,
    names: ToolNames | None = None,
) -> dict[str, Any]:
    """Contents of the messages are loaded: no handles in them."""
    names = names or ToolNames([])
    params = model.get("params", {})
    is_capped = "max_tokens" in params or "max_completion_tokens" in params
    limit = {} if is_capped or "maxOutputTokens" not in model else {"max_completion_tokens": model["maxOutputTokens"]}
    return {
        **limit,
        **params,
        "model": model["model"],
        "messages": [_to_param(message, names) for message in messages],
        **({"response_format": format} if format else {}),
        **({"tools": [_to_tool(tool, names) for tool in tools]} if tools else {}),
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _to_param(message: dict[str, Any], names: ToolNames) -> dict[str, Any]:
    role, text = message["role"], _text_of(message.get("content"))
    if role == "tool":
        return {"role": role, "content": text, "tool_call_id": message.get("toolCallId", "")}
    if role != "assistant" or not message.get("toolCalls"):
        return {"role": role, "content": text}
    calls = [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": names.to_wire(call["name"]), "arguments": call["arguments"]},
        }
        for call in message["toolCalls"]
    ]
    return {"role": role, "content": text or None, "tool_calls": calls}


def _text_of(content: Any) -> str:
    """What is not text stands as JSON."""
    if content is None:
        return ""
    return content if isinstance(content, str) else canonical_json(content)


def _to_tool(tool: ToolSpec, names: ToolNames) -> dict[str, Any]:
    schema = tool.get("inputSchema")
    description = {"description": tool["description"]} if "description" in tool else {}
    parameters = schema if isinstance(schema, dict) else {"type": "object"}
    return {
        "type": "function",
        "function": {"name": names.to_wire(tool["name"]), **description, "parameters": parameters},
    }
