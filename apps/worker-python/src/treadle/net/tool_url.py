"""Where a tool is."""

import httpx2

from ..errors import TreadleError
from ..values.utf16 import utf16_cut
from .exchange import check_protocol


def parse_tool_url(text: str) -> httpx2.URL:
    """An http(s) URL without a user or password. Raises ``invalid_request``."""
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError, TypeError):
        url = None
    if url is None or not url.scheme or (url.scheme in ("http", "https") and not url.host):
        raise TreadleError("invalid_request", f"The tool’s url is not a URL: {utf16_cut(text, 200)}")
    check_protocol(url)
    if url.userinfo:
        message = "The tool’s url holds a user or password: give them as a header with a secret."
        raise TreadleError("invalid_request", message)
    return url
