"""The command ``treadle-worker``."""

import argparse
import asyncio
import os
import signal
import sys

from .config import ConfigError, read_config
from .log import install_log
from .secrets.redactor import Redactor
from .worker import run_worker

# Longer than everything that stops has; then the process goes, whatever still holds it.
_STOP_S_MAX = 15.0


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="treadle-worker", description="Executes nodes of Treadle's runs in Python.")
    parser.add_argument(
        "--import", dest="imports", action="append", default=[], metavar="MODULE", help="registers functions"
    )
    arguments = parser.parse_args()
    # As `python -m` has it: modules beside where it is called from can be imported.
    sys.path.insert(0, os.getcwd())
    redactor = Redactor()
    try:
        config = read_config(os.environ, tuple(arguments.imports))
        install_log(config.log_level, redactor)
        asyncio.run(_serve(run_worker, config, redactor))
    except (ConfigError, RuntimeError, ValueError) as error:
        # One sentence for whoever started it; the rest is in the log where there is one.
        sys.exit(redactor.text(str(error)))
    sys.stdout.flush()
    # Threads of functions that do not end must not hold the process.
    os._exit(0)


async def _serve(run, config, redactor) -> None:  # noqa: ANN001
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopping.set()
        loop.call_later(_STOP_S_MAX, os._exit, 1)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    await run(config, redactor, stopping)


if __name__ == "__main__":
    main()
