"""Hashes of files: what the hub stated when a file was fetched, and what the file has now. Read without torch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from cleanplate.files import sha256

_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GIT = 40
_WHOLE = 1 << 22
_SAMPLES, _SAMPLE = 64, 1 << 16


def is_digest(text: str) -> bool:
    """Whether it is spelled like a sha256 or a sha1."""
    return _DIGEST.fullmatch(text) is not None


def stated(path: Path) -> str | None:
    """What the hub stated, kept by its client with the file: sha256, or git's sha1 for small files. None if nowhere.

    In the client's cache a file is a link to one that has the digest for a name; in a folder that was fetched into, the
    second line of a small file beside it has the digest.
    """
    if path.is_symlink() and is_digest(blob := path.resolve().name):
        return blob
    for root in path.absolute().parents:
        notes = root / ".cache/huggingface/download" / f"{path.absolute().relative_to(root)}.metadata"
        if notes.is_file():
            lines = notes.read_text(encoding="utf-8").splitlines()
            return lines[1] if len(lines) > 1 and is_digest(lines[1]) else None
    return None


def agrees(path: Path, digest: str) -> bool:
    """Whether a file's bytes have a digest, sha256 or git's sha1."""
    return (_git_sha1(path) if len(digest) == _GIT else sha256(path)) == digest


def fingerprint(paths: Iterable[Path]) -> str:
    """Tells models apart without reading gigabytes: names, sizes, small files, and samples all over the large ones."""
    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            if size <= _WHOLE:
                digest.update(file.read())
                continue
            for sample in range(_SAMPLES):
                file.seek((size - _SAMPLE) * sample // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


def _git_sha1(path: Path) -> str:
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
