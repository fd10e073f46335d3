"""One model call, its tokens streamed."""

import asyncio
from typing import Any

from ..errors import TreadleError
from ..generated.types import LlmWork
from ..model.ask_model import AskModel
from ..model.structured_answer import StructuredAnswer
from ..values.schemas import Schemas
from .context import WorkContext, WorkResult


class LlmCall:
    """With an ``outputSchema`` the answer is a value that fits it; one that does not gets one repair turn: a second call that says
    what is wrong, whose text goes on where the first one's ended.
    """

    def __init__(self, ask: AskModel, schemas: Schemas) -> None:
        self._ask = ask
        self._schemas = schemas

    async def __call__(self, work: LlmWork, context: WorkContext) -> WorkResult:
        model = work["model"]
        messages = await _loaded(work["messages"], context)
        if context.output_schema is None:
            return WorkResult((await self._ask(model, messages, context)).text)
        structured = StructuredAnswer(context.output_schema, self._schemas)
        first = await self._ask(model, messages, context, structured.format)
        try:
            return WorkResult(structured.read(first.text), is_checked=True)
        except TreadleError as error:
            if error.type != "invalid_output":
                raise
            problem = error.message
        warning = {"level": "warn", "message": f"{problem} The model is asked once more."}
        await context.writer.event("log", warning)
        again = [*messages, {"role": "assistant", "content": first.text}, repair_message(problem)]
        second = await self._ask(model, again, context, structured.format)
        return WorkResult(structured.read(second.text), is_checked=True)


def repair_message(problem: str) -> dict[str, str]:
    """What the model is told whose structured answer does not fit."""
    told = f"{problem} Answer again: only JSON that fits the schema, nothing before or after it."
    return {"role": "user", "content": told}


async def _loaded(messages: list[Any], context: WorkContext) -> list[dict[str, Any]]:
    contents = await asyncio.gather(*(context.load(message.get("content")) for message in messages))
    return [{**message, "content": content} for message, content in zip(messages, contents, strict=True)]
