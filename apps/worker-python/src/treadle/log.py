"""JSON lines on standard output, without any secret's value."""

import json
import logging
import os
import sys
import traceback
from typing import Any

from .secrets.redactor import Redactor

# The numbers of pino, so that the lines of all workers read alike.
_LEVELS = {logging.DEBUG: 20, logging.INFO: 30, logging.WARNING: 40, logging.ERROR: 50, logging.CRITICAL: 60}
_BY_NAME = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
    "silent": logging.CRITICAL + 1,
}
# Temporal says that each failed attempt failed; the node's events say it better.
_DEMOTED = ("Completing activity as failed", "Completing as failure")


class _Lines(logging.Formatter):
    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "level": _LEVELS.get(record.levelno, 30),
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "name": "worker-python",
            "pid": os.getpid(),
            "part": record.name,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["err"] = "".join(traceback.format_exception(*record.exc_info))
        line["msg"] = record.getMessage()
        return self._redactor.text(json.dumps(line, ensure_ascii=False, default=str))


def install_log(level: str, redactor: Redactor) -> None:
    """Has every logger of the process write through ours."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Lines(redactor))
    logging.basicConfig(handlers=[handler], level=_BY_NAME[level], force=True)
    # Each request of the HTTP clients would be a line, with its URL.
    for name in ("httpx2", "httpcore2", "mcp", "boto3", "botocore", "urllib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("temporalio.activity").addFilter(lambda record: not record.getMessage().startswith(_DEMOTED))
