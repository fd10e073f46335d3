"""One call of a model whose text goes onto the stream, and whose usage and price are counted."""

from typing import Any

from ..errors import TreadleError
from ..generated.types import PlanModel, ToolSpec
from ..work.context import WorkContext
from .answer import Answer, MalformedChunkError, usage_of
from .chat_client import ChatClient
from .chat_request import chat_request
from .model_error import not_json
from .model_table import ModelTable, cost_of


class AskModel:
    """Its answer is complete."""

    def __init__(self, client: ChatClient, models: ModelTable) -> None:
        self._client = client
        self._models = models

    async def __call__(
        self,
        model: PlanModel,
        messages: list[dict[str, Any]],
        context: WorkContext,
        format: dict[str, Any] | None = None,
        tools: list[ToolSpec] | None = None,
    ) -> Answer:
        """Raises TreadleError where the call failed, or the model declined, or was cut off at its limit."""
        key = await self._client.key_of(model)
        answer = Answer()
        usage: dict[str, Any] = {"llmCalls": 1}
        try:
            async with self._client.chunks(key, chat_request(model, messages, format, tools)) as chunks:
                async for chunk in chunks:
                    if isinstance(chunk, dict) and isinstance(chunk.get("usage"), dict):
                        usage.update(usage_of(chunk["usage"]))
                    for part in answer.take(chunk):
                        await _show(part, context)
        except MalformedChunkError:
            raise not_json() from None
        finally:
            self._count(model, usage, context)
        if not answer.finish_reason:
            raise TreadleError("unavailable", "The model’s stream ended before its answer was complete.")
        _refuse_unfinished(answer, model)
        return answer

    def _count(self, model: PlanModel, usage: dict[str, Any], context: WorkContext) -> None:
        cost_usd = cost_of(self._models.get(model["model"]), usage)
        context.usage.add(usage if cost_usd is None else {**usage, "costUsd": cost_usd})


async def _show(part: str | dict[str, Any], context: WorkContext) -> None:
    if isinstance(part, str):
        await context.writer.text(part)
    else:
        await context.writer.event("node.delta", {"toolCall": part})


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
