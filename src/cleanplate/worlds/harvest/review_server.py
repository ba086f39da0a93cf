"""The review page from a server of this machine for this machine, so that every verdict is written as it is made.

It listens on the loopback interface alone, under an address that holds a secret, answers only what is asked under its
own name (no other site can reach it by way of the browser), gives out the page and its videos, and takes decisions.
"""

from __future__ import annotations

import re
import secrets
import sys
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cleanplate.errors import CleanplateError, ResourceError
from cleanplate.worlds.harvest.decisions import (
    DECISIONS,
    Decisions,
    candidates,
    parse_decisions,
    read_decisions,
    write_decisions,
)
from cleanplate.worlds.harvest.review_page import MEDIA, PAGE

_HOST = "127.0.0.1"
_LARGEST = 1 << 22
"""Bytes of a document that is taken."""
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_CHUNK = 1 << 18
_TYPES = {".html": "text/html; charset=utf-8", ".mp4": "video/mp4"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Desk:
    """What one server gives and takes.

    Attributes:
        files: what may be asked for, by name.
        names: of the candidates that may be decided on.
        token: the secret part of the address.
    """

    out: Path
    files: dict[str, Path]
    names: set[str]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)

    @classmethod
    def of(cls, out: Path) -> Desk:
        """For a harvest whose page is written. Raises InputError without candidates."""
        media = {f"{MEDIA}/{path.name}": path for path in sorted((out / MEDIA).glob("*.mp4"))}
        return cls(out, {PAGE: out / PAGE, **media}, {candidate.name for candidate in candidates(out)})


class ReviewServer(ThreadingHTTPServer):
    """Serves one desk. Close it as any server.

    Args:
        port: 0 takes a free one.
    Raises:
        ResourceError: the port is taken.
    """

    daemon_threads = True

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self.desk, self.writing = desk, threading.Lock()
        try:
            super().__init__((_HOST, port), _Handler)
        except OSError as error:
            raise ResourceError(f"port {port} cannot be had", remedy="Choose another --port.") from error

    @property
    def host(self) -> str:
        """The name under which alone it answers."""
        return f"{_HOST}:{self.server_address[1]}"

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{self.host}/{self.desk.token}/{PAGE}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no fault; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    server_version, sys_version = "cleanplate", ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        name = self._asked()
        if name == DECISIONS:
            self._answer(
                read_decisions(self.server.desk.out / DECISIONS).model_dump_json().encode(), "application/json"
            )
        elif name in self.server.desk.files:
            self._send_file(self.server.desk.files[name])
        elif name is not None:
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing of that name")

    def do_PUT(self) -> None:
        name = self._asked()
        if name is None:
            return
        length = self.headers.get("Content-Length", "")
        if name != DECISIONS:
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing of that name")
        elif self.headers.get("Origin") != f"http://{self.server.host}":
            self._refuse(HTTPStatus.FORBIDDEN, "this comes from another site")
        elif self.headers.get_content_type() != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "decisions are JSON")
        elif not (length.isascii() and length.isdigit()) or int(length) > _LARGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "these are too many")
        else:
            self._take(self.rfile.read(int(length)))

    def _take(self, body: bytes) -> None:
        desk = self.server.desk
        try:
            decisions: Decisions = parse_decisions(body, desk.names)
            with self.server.writing:
                write_decisions(desk.out / DECISIONS, decisions)
        except ResourceError as error:
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, str(error))
        except CleanplateError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        else:
            self._answer(b"{}", "application/json")

    def _asked(self) -> str | None:
        """The name that is asked for; None when the request was refused."""
        origin = self.headers.get("Origin")
        if self.headers.get_all("Host") != [self.server.host] or origin not in (None, f"http://{self.server.host}"):
            self._refuse(HTTPStatus.FORBIDDEN, "this is asked by way of another site")
            return None
        _, token, name = [*self.path.split("/", 2), "", ""][:3]
        if not secrets.compare_digest(token.encode(), self.server.desk.token.encode()):
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")
            return None
        return name

    def _send_file(self, path: Path) -> None:
        """A file, or the part of it that a player asks for."""
        size = path.stat().st_size
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2]), size - 1) if asked and asked[2] else size - 1
        if first > last:
            self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "the file is shorter")
            return
        self._begin(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK, _TYPES[path.suffix], last - first + 1)
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        with path.open("rb") as stream:
            stream.seek(first)
            left = last - first + 1
            while left and (chunk := stream.read(min(_CHUNK, left))):
                self.wfile.write(chunk)
                left -= len(chunk)

    def _answer(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._begin(status, kind, len(body))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """What was sent along is not read, so the connection cannot serve again."""
        self.close_connection = True
        self._answer(f"{why}\n".encode(), "text/plain; charset=utf-8", status)

    def _begin(self, status: HTTPStatus, kind: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nobody reads along; the address holds a secret."""
