"""Whether the same statement may succeed later."""

import asyncpg

# Classes of SQLSTATE: connection, rollback (serialisation, deadlock), resources, operator intervention (restart, timeout).
_TRANSIENT_CLASSES = ("08", "40", "53", "57", "58")
# A lock that was not to be had; a standby that has not been promoted yet.
_TRANSIENT_CODES = ("55P03", "25006")


def is_transient(error: BaseException) -> bool:
    """Postgres is away, or overloaded, or chose this statement to give way."""
    if isinstance(error, asyncpg.PostgresError):
        code = getattr(error, "sqlstate", None) or ""
        return code[:2] in _TRANSIENT_CLASSES or code in _TRANSIENT_CODES
    # The driver's own: the connection ended, or could not be made in time; and the operating system's.
    return isinstance(error, asyncpg.InterfaceError | OSError | TimeoutError)
