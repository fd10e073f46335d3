"""The headers of a tool's request, its secrets resolved."""

import re
from collections.abc import Mapping

from ..errors import TreadleError
from ..generated.types import SecretRef
from ..secrets.grants import SecretUse
from ..secrets.secrets import Secrets

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+\Z")
_BAD_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


async def resolve_headers(
    given: Mapping[str, str | SecretRef], secrets: Secrets, use: SecretUse
) -> tuple[dict[str, str], frozenset[str]]:
    """The headers, and which of them are secrets for the origin that they were given for. Names in lower case."""
    headers: dict[str, str] = {}
    credentials: set[str] = set()
    for name, value in given.items():
        headers[name.lower()] = await secrets.resolve(value, use)
        if not isinstance(value, str):
            credentials.add(name.lower())
    for name, value in headers.items():
        # A message of ours never shows a value.
        if _NAME.match(name) is None or _BAD_VALUE.search(value):
            raise TreadleError("invalid_request", f'The header "{name}" has a name or value that HTTP cannot carry.')
    return headers, frozenset(credentials)
