"""Where a published data set's files come from: a folder, or a repository of the hub, fetched as they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from cleanplate.errors import InputError, ResourceError, missing_extra

VERA = "netflix/Vera-Layered-Video-Dataset"


class Source(Protocol):
    """Files by name, with forward slashes."""

    def names(self, suffix: str) -> list[str]:
        """All files that end so, sorted."""
        ...

    def path(self, name: str) -> Path:
        """Where a file lies on this machine. Raises InputError when there is none of that name."""
        ...


@dataclass(frozen=True)
class FolderSource:
    """The files of a folder."""

    folder: Path

    def names(self, suffix: str) -> list[str]:
        found = (path.relative_to(self.folder) for path in self.folder.rglob(f"*{suffix}"))
        return sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))

    def path(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            raise InputError("this file is missing", where=str(path))
        return path


@dataclass(frozen=True)
class HubSource:
    """The files of a repository of the Hugging Face hub; each is fetched once and kept in the hub's cache.

    Args:
        revision: a branch, tag or commit; a commit keeps a training run repeatable.
    Raises:
        ResourceError: huggingface_hub is not installed, or the hub does not answer.
    """

    repository: str = VERA
    revision: str | None = None

    def names(self, suffix: str) -> list[str]:
        listing = self._asked("HfApi")().list_repo_files
        return sorted(
            name for name in self._answered(listing, self.repository, **self._which()) if name.endswith(suffix)
        )

    def path(self, name: str) -> Path:
        return Path(self._answered(self._asked("hf_hub_download"), self.repository, name, **self._which()))

    def _which(self) -> dict[str, Any]:
        return {"repo_type": "dataset", "revision": self.revision}

    def _asked(self, name: str) -> Any:
        try:
            return getattr(import_module("huggingface_hub"), name)
        except ImportError as error:
            raise missing_extra("huggingface_hub", "hub") from error

    def _answered(self, call: Any, *arguments: str, **options: Any) -> Any:
        entry_missing = self._asked("errors").EntryNotFoundError
        failed = self._asked("errors").HfHubHTTPError
        where = "/".join(arguments)
        try:
            return call(*arguments, **options)
        except entry_missing as error:
            raise InputError("the hub has no such file", where=where) from error
        except (failed, OSError) as error:
            remedy = "Check the network and the repository's name, or download it and give the folder."
            raise ResourceError(f"the hub did not give it ({error})", where=where, remedy=remedy) from error


def beside(name: str, place: str) -> str:
    """The name of a file that a document `name` calls `place`. Raises InputError when that leads out of the source."""
    parts: list[str] = []
    for part in (*PurePosixPath(name).parent.parts, *PurePosixPath(place).parts):
        if part == ".." and parts:
            parts.pop()
        elif part in ("..", "/"):
            raise InputError(f"'{place}' leads out of the data set", where=name)
        else:
            parts.append(part)
    return "/".join(parts)
