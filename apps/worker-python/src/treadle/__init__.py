"""Functions for the Python worker of Treadle.

    import treadle

    @treadle.function
    async def score(text: str, context: treadle.Context) -> float: ...

and ``treadle-worker --import my_tools``.
"""

from .errors import TreadleError
from .functions.context import Context, SyncContext
from .functions.registry import function

__all__ = ["Context", "SyncContext", "TreadleError", "function"]
