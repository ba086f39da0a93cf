"""The hidden folder in which a shot is made, until it is whole and takes its name.

A stage whose inputs have not changed is not run again; one that was cut short goes on from what it left, if it can.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cleanplate.errors import CleanplateError, PackageError, ProofError, ResourceError
from cleanplate.files import disk_errors
from cleanplate.pipeline.ledger import LEDGER, Ledger, StageEntry, stage_key
from cleanplate.pipeline.machine import Machine, peak_memory

_LOCK = ".lock"


class Abandoned(Exception):  # noqa: N818
    """Raised inside a workshop to stop on purpose, without an error: what the run began goes."""


class Workshop:
    """Runs stages in a folder and keeps the ledger. Made by `opened`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger.read(folder)
        self.machine = Machine.here(folder)

    def key(self, name: str) -> str:
        """Key of a stage that has run, for the inputs of those that follow."""
        record = self.ledger.find(name)
        return record.key if record is not None else ""

    def stage(
        self,
        name: str,
        inputs: Mapping[str, Any],
        produces: Sequence[str],
        work: Callable[[], Mapping[str, Any] | None],
        *,
        leaves: Sequence[str] = (),
        spent: Sequence[str] = (),
    ) -> dict[str, Any]:
        """The result of a stage, from the ledger when inputs and files are as they were.

        Args:
            inputs: JSON values; everything that the outcome depends on.
            produces: files and folders, relative to the workshop, that exist when the stage is done.
            leaves: what an unfinished try leaves behind, from which `work` goes on at the next.
            spent: of the same kind, and of no use once the stage is noted as finished; then it goes.
        """
        key, past = stage_key(name, inputs), self.ledger.find(name)
        if past is not None and past.key != key:
            past = None
        if past is not None and past.finished and all((self.folder / path).exists() for path in produces):
            self.ledger.put(past.model_copy(update={"cached": True}))
            self._discard_all(spent)
            return past.result
        self._discard_all(
            [path for path in (*produces, *leaves, *spent) if past is None or path not in (*leaves, *spent)]
        )
        before = past.seconds if past is not None and (leaves or spent) else 0.0
        self.ledger.put(StageEntry(name=name, key=key, seconds=before))
        self.ledger.write(self.folder)
        start = time.monotonic()
        result = dict(work() or {})
        seconds = round(before + time.monotonic() - start, 3)
        self.ledger.put(
            StageEntry(name=name, key=key, finished=True, result=result, seconds=seconds, peak_bytes=peak_memory())
        )
        self.ledger.write(self.folder)
        self._discard_all(spent)
        return result

    def _discard_all(self, paths: Sequence[str]) -> None:
        for path in paths:
            _discard(self.folder / path)


@contextmanager
def opened(out: Path, reuse: Path | None = None) -> Iterator[Workshop]:
    """The workshop of the shot `out`, with what an earlier run left in it, alone in the folder.

    A run that began here and fails leaves nothing; one that is interrupted or killed leaves what the next can go on
    from, and so does a failed proof, to be looked at.

    Args:
        reuse: a package or mask folder whose stages may serve; its files are linked, never changed.
    Raises:
        ResourceError: another run works on the same shot, or the folder cannot be written to.
        PackageError: `out` exists and is not empty, or `reuse` holds no run.
    """
    with disk_errors(out):
        require_free(out)
        place = out.resolve()
        folder = place.with_name(f".{place.name}.work")
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder, out):
            try:
                if missing and reuse is not None:
                    _link_all(reuse, folder)
                yield Workshop(folder)
            except ProofError:
                raise
            except (CleanplateError, Abandoned, OSError):
                _sweep(missing)
                raise


def deliver(shop: Workshop, out: Path, keep: Sequence[str]) -> None:
    """Give the finished shot its name. Whatever is not named in `keep` goes."""
    with disk_errors(out):
        for path in shop.folder.iterdir():
            if path.name not in keep:
                _discard(path)
        shop.folder.rename(out.resolve())


def require_free(out: Path) -> None:
    """Raise PackageError when something lies at `out`; an empty folder does no harm."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        what = "this folder holds another shot" if (out / "shot.json").exists() else "something else lies there"
        remedy = f"Choose another --out; with --reuse {out} its finished stages serve again."
        raise PackageError(what, where=str(out), remedy=remedy if out.is_dir() else "Choose another --out.")


@contextmanager
def _locked(folder: Path, out: Path) -> Iterator[None]:
    """Hold the folder for this process; the lock goes with it, however it ends."""
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            remedy = "Wait for it, or choose another --out."
            raise ResourceError("another run is making this shot", where=str(out), remedy=remedy) from error
        yield


def _sweep(made: Sequence[Path]) -> None:
    """Remove a folder, and the parents made for it unless something else has come into them meanwhile."""
    for number, folder in enumerate(made):
        if number == 0:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            with suppress(OSError):
                folder.rmdir()


def _link_all(source: Path, target: Path) -> None:
    if not (source / LEDGER).is_file():
        raise PackageError("holds no finished run", where=str(source), remedy="Give a folder that cleanplate wrote.")

    def link(a: str, b: str) -> None:
        try:
            os.link(a, b)
        except OSError:
            shutil.copy2(a, b)

    shutil.copytree(source, target, copy_function=link, dirs_exist_ok=True)


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
