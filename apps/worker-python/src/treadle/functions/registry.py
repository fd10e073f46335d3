"""The functions that are registered in a worker, by their names."""

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from .signature import Signature, read_signature

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,127}\Z")

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class FunctionEntry:
    """``secrets`` are the names that it may ask for."""

    name: str
    call: Callable[..., Any]
    is_async: bool
    signature: Signature
    input_schema: Any
    output_schema: Any
    description: str | None
    secrets: frozenset[str]


class FunctionRegistry:
    """Names are unique in a process."""

    def __init__(self) -> None:
        self._entries: dict[str, FunctionEntry] = {}

    def register(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        input_schema: Any = None,
        output_schema: Any = None,
        description: str | None = None,
        secrets: Iterable[str] = (),
    ) -> None:
        """Adds a function. Raises ValueError where the name is taken, or is none."""
        name = name or function.__name__
        if _NAME.match(name) is None:
            raise ValueError(f'"{name}" cannot be the name of a function: it has to fit {_NAME.pattern[:-2]}.')
        if name in self._entries:
            raise ValueError(f'Two functions are registered as "{name}": rename one of them.')
        signature = read_signature(function)
        self._entries[name] = FunctionEntry(
            name,
            function,
            inspect.iscoroutinefunction(function),
            signature,
            signature.input_schema if input_schema is None else input_schema,
            signature.output_schema if output_schema is None else output_schema,
            description or inspect.getdoc(function),
            frozenset(secrets),
        )

    def find(self, name: str) -> FunctionEntry | None:
        return self._entries.get(name)

    def names(self) -> list[str]:
        return sorted(self._entries)

    def entries(self) -> list[FunctionEntry]:
        return [self._entries[name] for name in self.names()]


# Those of this process: modules that are imported at start add to it.
registered_functions = FunctionRegistry()


@overload
def function(call: F, /) -> F: ...
@overload
def function(
    *,
    name: str | None = None,
    input_schema: Any = None,
    output_schema: Any = None,
    description: str | None = None,
    secrets: Iterable[str] = (),
) -> Callable[[F], F]: ...
def function(call: Any = None, /, **options: Any) -> Any:
    """Registers a plain or async function for nodes of kind ``tool``; usable with and without options.

    Its type hints say what it takes and gives: pydantic models, dataclasses, TypedDicts, or single parameters. The JSON Schemas are
    made of them, unless ``input_schema`` or ``output_schema`` is given; both are checked at every call. A parameter that is
    annotated with ``treadle.Context`` (async functions) or ``treadle.SyncContext`` (plain ones) gets the context.

    It may run more than once for the same node (a worker can die before its result is stored), so effects outside should be keyed by
    the context's ``run_id`` and ``path``. A TreadleError that it raises keeps its type; any other exception becomes ``tool_error``.
    """
    if call is not None:
        registered_functions.register(call)
        return call

    def decorate(decorated: F) -> F:
        registered_functions.register(decorated, **options)
        return decorated

    return decorate
