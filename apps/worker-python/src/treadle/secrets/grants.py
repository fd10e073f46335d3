"""Who may use a secret, and for which servers; what is absent is open."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ..errors import TreadleError
from ..generated.types import RunRef
from ..json_setting import read_json_setting

_FIELDS = ("tenants", "workflows", "hosts")

SecretGrants = Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True)
class SecretUse:
    """``host`` as the URL has it, in lower case; None: it is not sent anywhere by us."""

    run: RunRef
    host: str | None = None


class GrantCheck:
    """``workflow_of`` gives the name of the stored workflow that a run executes: a document that is posted with its run is none."""

    def __init__(self, grants: SecretGrants, workflow_of: Callable[[RunRef], Awaitable[str | None]]) -> None:
        self._grants = grants
        self._workflow_of = workflow_of

    async def __call__(self, name: str, use: SecretUse) -> None:
        """Raises ``auth`` that says what is missing, and never a value."""
        grant = self._grants.get(name)
        if grant is None:
            return
        if "tenants" in grant and use.run["tenant"] not in grant["tenants"]:
            _refuse(name, "to this tenant")
        if "hosts" in grant and use.host is not None and not any(_fits(each, use.host) for each in grant["hosts"]):
            _refuse(name, f"to be sent to {use.host}")
        if "workflows" not in grant:
            return
        workflow = await self._workflow_of(use.run)
        if workflow is None:
            _refuse(name, "to documents that are posted with a run, only to stored workflows")
        if workflow not in grant["workflows"]:
            _refuse(name, f"to the workflow {workflow}")


def parse_secret_grants(text: str) -> dict[str, dict[str, list[str]]]:
    """``text`` is the table as JSON, or the path of a file that holds it. Raises ValueError that completes "TREADLE_GRANTS …"."""
    grants = read_json_setting(text)
    if not isinstance(grants, dict):
        raise ValueError("has to be an object: secret name → { tenants, workflows, hosts }")  # noqa: TRY004
    for name, grant in grants.items():
        _check_grant(name, grant)
    return grants


def _check_grant(name: str, grant: Any) -> None:
    if not isinstance(grant, dict):
        raise ValueError(f'has no object for "{name}"')  # noqa: TRY004
    for field, texts in grant.items():
        if field not in _FIELDS:
            raise ValueError(f'has an unknown field "{field}" for "{name}"')
        if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
            raise ValueError(f'has no list of texts for "{field}" of "{name}"')


def _refuse(name: str, to: str) -> NoReturn:
    raise TreadleError("auth", f"The secret {name} is not granted {to}: the operator says so in TREADLE_GRANTS.")


def _fits(pattern: str, host: str) -> bool:
    wanted = pattern.lower()
    return host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted
