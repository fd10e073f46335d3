"""Makes of what a tool or a model gave the output that is stored."""

from typing import Any

from ..errors import TreadleError
from ..generated.types import RunRef
from ..secrets.redactor import Redactor
from ..values.foreign import check_foreign
from ..values.schemas import Schemas
from ..values.store import INLINE_BYTES_MAX, Values
from ..values.utf16 import storable_text
from ..values.walk import map_strings


class FinishOutput:
    """JSON without forged handles and secrets, that fits the node's ``outputSchema``, and is a handle where it is large."""

    def __init__(self, redactor: Redactor, schemas: Schemas, values: Values) -> None:
        self._redactor = redactor
        self._schemas = schemas
        self._values = values

    async def __call__(
        self,
        run: RunRef,
        output: Any,
        schema: Any = None,
        *,
        checked: bool = False,
        bytes_max: int | None = INLINE_BYTES_MAX,
    ) -> Any:
        """``bytes_max`` None: it is no handle, however large. Raises ``invalid_output``."""
        check_foreign(output, "The result")
        if schema is not None and not checked:
            problem = self._schemas.problem_of(schema, output)
            if problem is not None:
                raise TreadleError("invalid_output", f"The result does not fit its schema: {problem}.")
        clean = map_strings(self._redactor.json(output), storable_text)
        return clean if bytes_max is None else await self._values.keep(run, clean, bytes_max)
