"""Settings that are tables: JSON, or the path of a file that holds it."""

import json
from pathlib import Path
from typing import Any


def read_json_setting(text: str) -> Any:
    """``text`` begins with ``{``, or is the path of a file. Raises ValueError that completes "TREADLE_…"."""
    try:
        return json.loads(text if text.startswith("{") else Path(text).read_text())
    except OSError as error:
        raise ValueError(f"is neither JSON nor a file of it ({error.strerror})") from None
    except ValueError:
        raise ValueError("is neither JSON nor a file of it (not JSON)") from None
