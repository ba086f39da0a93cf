"""One request over HTTP, by the standard library: bounded in time and size, never redirected."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cleanplate.reason.asking.chat import Trouble
from cleanplate.reason.asking.consent import host_of, stays_here

_MOST = 4_000_000
"""Bytes of a reply that are read."""
_PIECE = 1 << 16


@dataclass(frozen=True)
class Response:
    """What a server sent back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> Any:
        """Its JSON. Raises Trouble when there is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            what = f"the server's reply is no JSON (HTTP {self.status})"
            raise Trouble(what, again=True, remedy="Look at --reasoner-url.") from error

    def told(self) -> str:
        """The message in an error's JSON, or the beginning of its text, on one line."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            document = None
        error = document.get("error", document) if isinstance(document, dict) else document
        message = error.get("message") or error.get("detail") if isinstance(error, dict) else error
        text = message if isinstance(message, str) else self.body.decode("utf-8", "replace") if message is None else ""
        return " ".join(text.split())[:200]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: it might lead footage and keys elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(url: str, document: Mapping[str, Any], headers: Mapping[str, str], seconds: float) -> Response:
    """Send JSON and read the whole reply.

    A server on this machine is reached directly, whatever proxies the environment names.

    Raises:
        Trouble: the server cannot be reached, does not answer in time, or breaks off.
    """
    data = json.dumps(document).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})  # noqa: S310
    proxies = [urllib.request.ProxyHandler({})] if stays_here(url) else []
    opener = urllib.request.build_opener(_Stay, *proxies)
    deadline = time.monotonic() + seconds
    try:
        try:
            opened = opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            opened = error
        with opened:
            body = _read(opened, deadline)
            return Response(int(opened.status), opened.headers, body)
    except TimeoutError as error:
        raise _late(seconds) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise _late(seconds) from error
        remedy = f"Is it running? Look at --reasoner-url ({url})."
        reason = getattr(error.reason, "strerror", None) or str(error.reason)
        raise Trouble(f"the server {host_of(url)} cannot be reached ({reason})", again=True, remedy=remedy) from error
    except (http.client.HTTPException, OSError) as error:
        raise Trouble(
            f"the server broke off its reply ({type(error).__name__})", again=True, remedy="Try later."
        ) from error


def _read(opened: Any, deadline: float) -> bytes:
    pieces, size = [], 0
    while piece := opened.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST:
            raise Trouble(f"the server's reply has more than {_MOST:,} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
    if opened.length:
        raise http.client.IncompleteRead(b"".join(pieces), opened.length)
    return b"".join(pieces)


def _late(seconds: float) -> Trouble:
    remedy = "Give it more time with --reasoner-set timeout=SECONDS, or show less with frames=5."
    return Trouble(f"the server did not answer within {seconds:.3g} s", again=True, remedy=remedy)
