"""What a function takes and gives, read from its type hints: pydantic models, and the JSON Schemas that they make."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from typing import Any, get_type_hints, is_typeddict

from pydantic import BaseModel, TypeAdapter, ValidationError, create_model
from pydantic_core import PydanticSerializationError, to_jsonable_python

from ..errors import TreadleError
from .context import Context, SyncContext


@dataclass(frozen=True)
class Signature:
    """``arguments`` makes the call's keyword arguments of the one JSON value; ``result`` makes JSON of what came back."""

    input_schema: Any
    output_schema: Any
    context_name: str | None
    arguments: Callable[[Any], dict[str, Any]]
    result: Callable[[Any], Any]


def read_signature(function: Callable[..., Any]) -> Signature:
    """One parameter that is a model (or a dataclass, a TypedDict, a dict) takes the arguments whole, under any name; so does one
    without a type hint. Otherwise each parameter is a field of the arguments.
    """
    hints = get_type_hints(function, include_extras=True)
    parameters = dict(inspect.signature(function).parameters)
    context_name = next((name for name in parameters if _is_context(hints.get(name), name)), None)
    if context_name is not None:
        parameters.pop(context_name)
    output = TypeAdapter(hints["return"]) if hints.get("return") not in (None, type(None), Any) else None
    input_schema, arguments = _whole(parameters, hints) or _fields(function, parameters, hints)
    return Signature(
        input_schema=input_schema,
        output_schema=None if output is None else output.json_schema(mode="serialization"),
        context_name=context_name,
        arguments=arguments,
        result=lambda value: _to_json(output, value),
    )


def _is_context(hint: Any, name: str) -> bool:
    return hint in (Context, SyncContext) or (hint is None and name == "context")


def _whole(parameters: dict[str, inspect.Parameter], hints: dict[str, Any]) -> Any:
    if len(parameters) != 1:
        return None
    [(name, parameter)] = parameters.items()
    hint = hints.get(name)
    if hint in (None, Any) and parameter.kind is not inspect.Parameter.VAR_KEYWORD:
        return None, lambda args: {name: args}
    if not _is_record(hint):
        return None
    adapter: TypeAdapter[Any] = TypeAdapter(hint)  # pyright: ignore[reportArgumentType]
    return adapter.json_schema(), lambda args: {name: _validated(adapter, args)}


def _fields(function: Callable[..., Any], parameters: dict[str, inspect.Parameter], hints: dict[str, Any]) -> Any:
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return None, dict
    fields: dict[str, Any] = {
        name: (hints.get(name, Any), ... if parameter.default is inspect.Parameter.empty else parameter.default)
        for name, parameter in parameters.items()
    }
    model = create_model(getattr(function, "__name__", "Arguments"), **fields)
    adapter = TypeAdapter(model)

    def arguments(args: Any) -> dict[str, Any]:
        validated = _validated(adapter, args)
        return {name: getattr(validated, name) for name in parameters}

    return adapter.json_schema(), arguments


def _is_record(hint: Any) -> bool:
    if hint is dict or getattr(hint, "__origin__", None) is dict:
        return True
    return isinstance(hint, type) and (issubclass(hint, BaseModel) or is_dataclass(hint) or is_typeddict(hint))


def _validated(adapter: TypeAdapter[Any], args: Any) -> Any:
    try:
        return adapter.validate_python(args)
    except ValidationError as error:
        problems = "; ".join(f"/{'/'.join(map(str, each['loc']))} {each['msg']}" for each in error.errors()[:5])
        raise TreadleError("invalid_request", f"The arguments do not fit: {problems}") from None


def _to_json(output: TypeAdapter[Any] | None, value: Any) -> Any:
    try:
        if output is not None:
            return output.dump_python(value, mode="json", warnings="error")
    except PydanticSerializationError:
        pass  # Not what the hint says: the schema will tell where.
    return to_jsonable_python(value)
