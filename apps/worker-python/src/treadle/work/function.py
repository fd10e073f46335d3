"""A call of a function that is registered in this worker."""

from typing import Any

from ..errors import TreadleError
from ..functions.call import FunctionCaller
from ..functions.registry import FunctionRegistry
from ..generated.types import FunctionWork
from ..values.foreign import check_foreign, parse_foreign
from ..values.json_text import write_json
from ..values.schemas import Schemas
from .context import WorkContext, WorkResult


class FunctionTool:
    """Arguments and result are held to the function's schemas."""

    def __init__(self, functions: FunctionRegistry, caller: FunctionCaller, schemas: Schemas) -> None:
        self._functions = functions
        self._caller = caller
        self._schemas = schemas

    async def __call__(self, work: FunctionWork, context: WorkContext) -> WorkResult:
        name = work["name"]
        entry = self._functions.find(name)
        if entry is None:
            known = ", ".join(self._functions.names()) or "none"
            message = f'No function "{name}" is registered in this worker (registered: {known}).'
            raise TreadleError("invalid_request", message)
        args = await context.load(work["args"])
        self._check(
            entry.input_schema, args, "invalid_request", f'The arguments do not fit the input schema of "{name}"'
        )
        context.usage.add({"toolCalls": 1})
        try:
            result = await self._caller.call(entry, args, context)
        except TreadleError:
            raise
        except Exception as error:
            raise TreadleError("tool_error", str(error) or type(error).__name__) from error
        output = _to_json(result, name)
        self._check(entry.output_schema, output, "invalid_output", f'What "{name}" gave does not fit its output schema')
        return WorkResult(output)

    def _check(self, schema: Any, value: Any, type: str, subject: str) -> None:
        problem = None if schema is None else self._schemas.problem_of(schema, value)
        if problem is not None:
            raise TreadleError(type, f"{subject}: {problem}")


def _to_json(result: Any, name: str) -> Any:
    """What JSON makes of a result. A cycle or a NaN is an error of the function."""
    try:
        text = write_json(result)
    except (ValueError, TypeError, RecursionError) as error:
        raise TreadleError("invalid_output", f'What "{name}" gave is not JSON: {error}') from error
    value = parse_foreign(text, f'What "{name}" gave')
    check_foreign(value, f'What "{name}" gave')
    return value
