"""Files appear under their final name only when they are whole."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cleanplate.errors import InputError, ResourceError

_CHUNK = 1 << 20


@contextmanager
def atomic(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """A temporary path beside `path` that takes its name when the block ends, and goes when the block fails.

    Args:
        shared: several processes may be writing the same file, each at a temporary path of its own.
    """
    own = f"{path.stem}.{os.getpid()}" if shared else path.stem
    partial = path.with_name(f".{own}.partial{path.suffix}")
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its name when the block ends, and goes when the block fails.

    What a killed run left of it is thrown away first. Raises InputError when `path` is there already.
    """
    if path.exists():
        raise InputError("there is something else of this name", where=str(path), remedy="Move it away.")
    partial = path.with_name(f".{path.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a whole text file, or none."""
    with atomic(path) as partial:
        partial.write_text(text, encoding="utf-8")


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file's bytes, read in bounded pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def reserve(path: Path | int, size: int) -> None:
    """Take the room of a file that will be written through memory, where the system can.

    On a full disk such a write would otherwise end the process (SIGBUS) rather than raise.

    Args:
        path: an existing file, or its descriptor.
    Raises:
        OSError: the disk is full.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    if isinstance(path, int):
        os.posix_fallocate(path, 0, size)
        return
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def require_space(folder: Path, needed: int) -> None:
    """Raise ResourceError when the disk that holds `folder` has less than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ResourceError(
            f"the disk has {free / 1e9:.1f} GB free and this needs about {needed / 1e9:.1f} GB",
            where=str(folder),
            remedy="Free some space or choose another --out.",
        )


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write into errors that a user can act on."""
    try:
        yield
    except OSError as error:
        reasons = {
            errno.ENOSPC: ("the disk is full", "Free some space and run the same command again."),
            errno.EDQUOT: ("the disk quota is used up", "Free some space and run the same command again."),
            errno.EROFS: ("the file system is read-only", "Choose another --out."),
            errno.EACCES: ("no permission to write there", "Choose another --out."),
            errno.EPERM: ("no permission to write there", "Choose another --out."),
            errno.ENOTDIR: ("a part of this path is a file, not a folder", "Choose another --out."),
            errno.ENAMETOOLONG: ("the name is too long", "Choose another --out."),
        }
        if error.errno not in reasons:
            raise
        what, remedy = reasons[error.errno]
        raise ResourceError(what, where=str(where), remedy=remedy) from error
