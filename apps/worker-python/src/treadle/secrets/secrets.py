"""The secrets of the worker's configuration. Values are given out at the moment of a call and kept nowhere."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import TreadleError
from ..generated.types import SecretRef
from .grants import GrantCheck, SecretUse
from .redactor import Redactor

_FILE_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")


class Secrets:
    """``folder`` is looked into for names that ``values`` lacks: one file a secret, read anew each time."""

    def __init__(self, values: Mapping[str, str], folder: str | None, check: GrantCheck, redactor: Redactor) -> None:
        self._values = values
        self._folder = folder
        self._check = check
        self._redactor = redactor
        for name, value in values.items():
            redactor.add(name, value)

    async def value(self, name: str, use: SecretUse) -> str:
        """The value of a secret. Raises ``auth`` where there is none of that name, or it is not granted for this use."""
        await self._check(name, use)
        found = self._values.get(name) or await asyncio.to_thread(self._from_folder, name)
        if not found:
            raise TreadleError("auth", f"The worker has no secret {name}: give it TREADLE_SECRET_{name}.")
        self._redactor.add(name, found)
        return found

    async def resolve(self, ref: SecretRef | str, use: SecretUse) -> str:
        """The text that a header takes."""
        return ref if isinstance(ref, str) else ref.get("prefix", "") + await self.value(ref["secret"], use)

    def _from_folder(self, name: str) -> str | None:
        if self._folder is None or _FILE_NAME.match(name) is None:
            return None
        try:
            return (Path(self._folder) / name).read_text().rstrip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TreadleError("auth", f"The secret {name} cannot be read by the worker.") from error
