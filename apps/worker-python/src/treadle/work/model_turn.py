"""One model call of an agent: the conversation is read, the model asked, and the turn written, before the attempt ends."""

from typing import Any

from ..agent.offer_tools import OfferTools
from ..agent.turn_answer import asked_tool_calls, with_ids
from ..database.database import WorkerDatabase
from ..errors import TreadleError
from ..generated.types import ModelTurnWork
from ..model.ask_model import AskModel
from ..model.structured_answer import StructuredAnswer
from ..values.schemas import Schemas
from ..values.utf16 import utf16_cut
from .context import WorkContext, WorkResult
from .llm import repair_message

# Of what does not fit, in UTF-16 units: it goes through the workflow.
_MISFIT_LENGTH_MAX = 1_000


class ModelTurn:
    """Its output is a ModelTurnAnswer. See docs/worker-protocol.md, Agents."""

    def __init__(self, ask: AskModel, schemas: Schemas, database: WorkerDatabase, offer_tools: OfferTools) -> None:
        self._ask = ask
        self._schemas = schemas
        self._database = database
        self._offer_tools = offer_tools

    async def __call__(self, work: ModelTurnWork, context: WorkContext) -> WorkResult:
        run, agent, turn = context.run, work["agent"], work["turn"]
        own = _own_messages(work)
        transcript = await self._database.read_transcript(run, agent, turn, own)
        fresh = None
        if "tools" in work:
            tools = await self._offer_tools(work["tools"], context)
            fresh = {"instructions": work.get("instructions"), "tools": tools}
        profile = fresh or transcript.get("profile")
        if profile is None:
            raise RuntimeError(f"The agent {agent} has no profile at turn {turn}.")

        instructions, said = await context.load([profile["instructions"], transcript["messages"]])
        structured = None if context.output_schema is None else StructuredAnswer(context.output_schema, self._schemas)
        messages = [*([] if instructions in ("", None) else [{"role": "system", "content": instructions}]), *said]
        format = None if structured is None else structured.format
        answer = await self._ask(work["model"], messages, context, format, profile["tools"])

        # Clean once: the conversation and the workflow get the same words.
        calls = await context.keep(with_ids(answer.tool_calls, turn), None)
        message = {"role": "assistant", "content": await context.keep(answer.text, None)}
        if calls:
            message["toolCalls"] = calls
            output: dict[str, Any] = {"toolCalls": await asked_tool_calls(calls, context.keep)}
        else:
            output = await self._final_answer(answer.text, structured, context)
        written = await self._database.write_turn(
            run, context.path, context.attempt, agent, turn, [*own, message], fresh
        )
        if not written:
            # Nothing of this one can be written any more.
            raise TreadleError("internal", "A newer attempt has taken over.")
        return WorkResult(output, is_finished=True)

    @staticmethod
    async def _final_answer(text: str, structured: StructuredAnswer | None, context: WorkContext) -> dict[str, Any]:
        if structured is None:
            return {"output": await context.keep(text)}
        try:
            value = structured.read(text)
        except TreadleError as error:
            if error.type != "invalid_output":
                raise
            return {"misfit": utf16_cut(await context.keep(error.message, None), _MISFIT_LENGTH_MAX)}
        return {"output": await context.keep(value)}


def _own_messages(work: ModelTurnWork) -> list[dict[str, Any]]:
    """What the turn adds to the conversation before the model is asked: results of tools first, as the protocol wants them."""
    messages: list[dict[str, Any]] = [{"role": "tool", **result} for result in work.get("results", [])]
    if "input" in work:
        messages.append({"role": "user", "content": work["input"]})
    if "repair" in work:
        messages.append(repair_message(work["repair"]))
    return messages
