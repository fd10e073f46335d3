"""For kinds of work that this worker does not execute."""

from typing import Any

from ..errors import TreadleError
from .context import Perform, WorkContext, WorkResult


def not_served(kind: str) -> Perform:
    """Fails, and is not tried again."""

    async def perform(work: Any, context: WorkContext) -> WorkResult:
        del work, context
        raise TreadleError("invalid_request", f'The Python worker does not execute "{kind}".')

    return perform
