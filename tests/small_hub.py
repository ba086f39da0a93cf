"""A Hugging Face hub on this machine: repositories of a few files, over HTTP, with the faults that real ones have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
_LARGE = (".safetensors", ".bin", ".model")
"""What the hub keeps by sha256; it states git's sha1 of all else."""


@dataclass
class SmallHub:
    """What it holds, and what it does wrong.

    Attributes:
        repositories: folders by OWNER/NAME.
        licence: on every card.
        cut: by file, after how many bytes the connection breaks, once.
        silent: files that are answered with an error, from when they were cut.
        spoilt: files of which other bytes come than are stated.
        asked: (method, file, Range) of every request for a file.
    """

    repositories: dict[str, Path]
    licence: str = "apache-2.0"
    cut: dict[str, int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    spoilt: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    address: str = ""

    def fetched(self) -> set[str]:
        """Files whose bytes were asked for."""
        return {path for method, path, _ in self.asked if method == "GET"}


def digest(path: Path) -> str:
    """As the hub states it."""
    content = path.read_bytes()
    if path.suffix in _LARGE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@contextmanager
def serving(hub: SmallHub) -> Iterator[SmallHub]:
    """Answer at `hub.address` until the block ends."""

    class Handler(_Handler):
        small_hub = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    small_hub: SmallHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._file()

    def do_GET(self) -> None:
        if self.path.startswith("/api/models/"):
            self._card("/".join(urlsplit(self.path).path.split("/")[3:5]))
        else:
            self._file()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _card(self, repository: str) -> None:
        folder = self.small_hub.repositories.get(repository)
        if folder is None:
            self._refuse(404, "RepoNotFound")
            return
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        document = {
            "id": repository,
            "sha": COMMIT,
            "cardData": {"license": self.small_hub.licence},
            "siblings": [self._sibling(folder, path) for path in files],
        }
        self._answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def _sibling(self, folder: Path, path: Path) -> dict[str, object]:
        size, stated = path.stat().st_size, digest(path)
        entry: dict[str, object] = {"rfilename": path.relative_to(folder).as_posix(), "size": size, "blobId": stated}
        if path.suffix in _LARGE:
            entry |= {"blobId": stated[:40], "lfs": {"sha256": stated, "size": size, "pointerSize": 130}}
        return entry

    def _file(self) -> None:
        owner, name, _, _, *parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        path, asked = "/".join(parts), self.headers.get("Range")
        self.small_hub.asked.append((self.command, path, asked))
        whole = self.small_hub.repositories[f"{owner}/{name}"] / path
        if not whole.is_file():
            self._refuse(404, "EntryNotFound")
            return
        if self.command == "GET" and path in self.small_hub.silent and path not in self.small_hub.cut:
            self._refuse(500, "")
            return
        content = whole.read_bytes()
        said = {"ETag": f'"{digest(whole)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if path in self.small_hub.spoilt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        if asked and self.command == "GET":
            start = int(asked.removeprefix("bytes=").split("-")[0])
            said["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._answer(206, content[start:], said, self.small_hub.cut.pop(path, None))
            return
        stop = self.small_hub.cut.pop(path, None) if self.command == "GET" else None
        self._answer(200, content, said, stop)

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

    def _answer(self, status: int, content: bytes, headers: dict[str, str], stop: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:stop])
        if stop is not None:
            self.close_connection = True
