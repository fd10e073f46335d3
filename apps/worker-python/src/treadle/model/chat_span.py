"""One request to a model in the words of the GenAI semantic conventions. Neither what is asked nor what is answered is in it."""

from typing import Any

from ..telemetry.tracing import Span, Tracing
from ..work.context import WorkContext


def start_chat_span(tracing: Tracing | None, request: dict[str, Any], context: WorkContext) -> Span | None:
    """None where nothing is traced."""
    if tracing is None:
        return None
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": request["model"],
        "gen_ai.request.max_tokens": request.get("max_completion_tokens"),
        "gen_ai.request.temperature": request.get("temperature"),
        "gen_ai.request.top_p": request.get("top_p"),
        "gen_ai.request.seed": request.get("seed"),
        "gen_ai.conversation.id": context.run["id"],
        "treadle.node.path": context.path,
    }
    return tracing.start(f"chat {request['model']}", "client", context.run.get("traceparent"), attributes)


def end_chat_span(span: Span | None, usage: dict[str, Any], finish_reason: str | None) -> None:
    """Without a ``finish_reason`` the call failed."""
    if span is None:
        return
    span.set(
        {
            "gen_ai.usage.input_tokens": usage.get("inputTokens"),
            "gen_ai.usage.output_tokens": usage.get("outputTokens"),
            "gen_ai.usage.cache_read.input_tokens": usage.get("cachedInputTokens"),
            "gen_ai.response.finish_reasons": None if finish_reason is None else [finish_reason],
        }
    )
    span.end("error" if finish_reason is None else None)
