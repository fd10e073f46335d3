"""One call of a model whose text goes onto the stream, and whose usage and price are counted: against the run's budget before it is made,
and as they are once it is over. Every request to a model goes out here.
"""

from typing import Any

from ..errors import TreadleError
from ..generated.types import PlanModel, ToolSpec
from ..telemetry.tracing import Tracing
from ..values.json_text import write_json
from ..work.context import WorkContext
from .answer import Answer, MalformedChunkError, usage_of
from .call_cost import bounds_of, used_by
from .chat_client import ChatClient
from .chat_request import chat_request
from .chat_span import end_chat_span, start_chat_span
from .model_error import not_json
from .model_table import ModelTable, cost_of
from .tool_names import ToolNames


class AskModel:
    """Its answer is complete."""

    def __init__(self, client: ChatClient, models: ModelTable, tracing: Tracing | None = None) -> None:
        self._client = client
        self._models = models
        self._tracing = tracing

    async def __call__(
        self,
        model: PlanModel,
        messages: list[dict[str, Any]],
        context: WorkContext,
        format: dict[str, Any] | None = None,
        tools: list[ToolSpec] | None = None,
    ) -> Answer:
        """Raises TreadleError where the call failed, or the model declined, or was cut off at its limit."""
        key = await self._client.key_of(model, context.run)
        names = ToolNames(tool["name"] for tool in tools or [])
        request = chat_request(model, messages, format, tools, names)
        content = write_json(request).encode("utf-8", "replace")
        facts = self._models.get(model["model"])
        call = await context.budget.reserve(*bounds_of(request, len(content), facts))
        span = start_chat_span(self._tracing, request, context)
        answer = Answer()
        usage: dict[str, Any] = {"llmCalls": 1}
        received_bytes, is_whole = 0, False
        try:
            async with self._client.chunks(key, content) as chunks:
                async for chunk in chunks:
                    if isinstance(chunk, dict) and isinstance(chunk.get("usage"), dict):
                        usage.update(usage_of(chunk["usage"]))
                    for part in answer.take(chunk):
                        received_bytes += await _show(part, names, context)
            if not answer.finish_reason:
                raise TreadleError("unavailable", "The model’s stream ended before its answer was complete.")
            is_whole = True
        except MalformedChunkError:
            raise not_json() from None
        finally:
            end_chat_span(span, usage, answer.finish_reason if is_whole else None)
            cost_usd = cost_of(facts, usage)
            context.usage.add(usage if cost_usd is None else {**usage, "costUsd": cost_usd})
            unused = not is_whole and received_bytes == 0 and context.stop.reason is None
            sizes = {"request_bytes": len(content), "received_bytes": received_bytes}
            await context.budget.settle(call, *used_by(usage, **sizes, unused=unused, facts=facts))
        for tool_call in answer.tool_calls:
            tool_call["name"] = names.from_wire(tool_call["name"])
        _refuse_unfinished(answer, model)
        return answer


async def _show(part: str | dict[str, Any], names: ToolNames, context: WorkContext) -> int:
    """Puts it onto the stream; gives its size in bytes."""
    if isinstance(part, str):
        await context.writer.text(part)
        return len(part.encode("utf-8", "surrogatepass"))
    await context.writer.tool_call({**part, "name": names.from_wire(part["name"])} if "name" in part else part)
    # What the model wrote, and not how the protocol wraps it.
    return sum(len(part.get(name, "").encode("utf-8", "surrogatepass")) for name in ("id", "name", "arguments"))


def _refuse_unfinished(answer: Answer, model: PlanModel) -> None:
    if answer.refusal:
        raise TreadleError("refused", f"The model refused to answer: {answer.refusal}")
    if answer.finish_reason == "content_filter":
        raise TreadleError("refused", "The provider’s content filter stopped the answer.")
    if answer.finish_reason == "length":
        limit = f" of {model['maxOutputTokens']}" if "maxOutputTokens" in model else ""
        raise TreadleError(
            "invalid_output",
            f"The answer was cut off at its limit{limit} tokens, after {answer.length} characters: raise maxTokens, or ask for less.",
        )
