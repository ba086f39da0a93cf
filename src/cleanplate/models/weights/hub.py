"""The Hugging Face hub: what lies there, and what of it lies here. Read without torch.

Only safetensors, JSON and tokenizers are ever fetched; whatever else a repository holds stays there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanplate.errors import InputError, ResourceError, missing_extra
from cleanplate.models.weights.checkpoint import PICKLES, listed
from cleanplate.models.weights.digests import is_digest

HOME = "CLEANPLATE_MODELS"
INCOMPLETE = ".incomplete"
"""Ends the name of a file that has not arrived whole."""
_WANTED = (".safetensors", ".json", ".model", ".txt")
"""Weights, configs and indices, sentencepiece models, vocabularies."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub states it: bytes, and their sha256 or, for small files, git's sha1."""

    path: str
    size: int
    digest: str


@dataclass(frozen=True)
class Remote:
    """What would be fetched.

    Attributes:
        repository: of the hub.
        revision: its commit.
        licence: as its card states it, or "" where it states none.
        files: that a model needs, configs before weights.
    """

    repository: str
    revision: str
    licence: str
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def is_repository(name: str) -> bool:
    """Whether it is spelled like a repository of the hub, OWNER/NAME."""
    return _NAME.fullmatch(name) is not None


def home() -> Path | None:
    """The cache that CLEANPLATE_MODELS names; None is the hub's own (HF_HOME)."""
    return Path(named) if (named := os.environ.get(HOME)) else None


def storage(repository: str) -> Path:
    """Where the hub's client keeps a repository."""
    hub = client()
    name: str = hub.file_download.repo_folder_name(repo_id=repository, repo_type="model")
    return (home() or Path(hub.constants.HF_HUB_CACHE)) / name


def local(repository: str) -> Path | None:
    """Where a repository's newest fetched state lies on this machine, whole or not; None where it does not."""
    hub = client()
    try:
        return Path(hub.snapshot_download(repository, cache_dir=home(), local_files_only=True, allow_patterns=[]))
    except hub.errors.LocalEntryNotFoundError:
        return None


def look(repository: str, folders: Collection[str] = ("",)) -> Remote:
    """What a repository has, without fetching it.

    Args:
        folders: inside it, or files; "" is all of it.

    Raises:
        InputError: there is no such repository, it wants its licence accepted, or it has pickles and no safetensors.
        ResourceError: the hub cannot be reached, or its client is not installed.
    """
    hub = client()
    with answered(repository, "Look at your connection, and run the command again."):
        info = hub.HfApi().model_info(repository, files_metadata=True)
    inside = [file for file in info.siblings or () if any(_within(file.rfilename, folder) for folder in folders)]
    files = [_file(file) for file in inside if file.rfilename.endswith(_WANTED)]
    if not any(file.path.endswith(".safetensors") for file in files):
        pickles = [file.rfilename for file in inside if file.rfilename.endswith(PICKLES)]
        what = f"has pickles and no safetensors ({listed(pickles)})" if pickles else "has no safetensors"
        raise InputError(f"this repository {what}", where=repository, remedy="Name another; a pickle can run code.")
    for folder in folders:
        if not any(_within(file.path, folder) for file in files):
            raise InputError(f"this repository has no '{folder}'", where=repository, remedy="Name another.")
    files.sort(key=lambda file: (file.path.endswith(".safetensors"), file.path))
    return Remote(repository, str(info.sha), str((info.card_data or {}).get("license") or ""), tuple(files))


@contextmanager
def answered(repository: str, remedy: str) -> Iterator[None]:
    """Turn what the hub and the way to it can refuse into errors that a user can act on."""
    errors = client().errors
    try:
        yield
    except errors.GatedRepoError as error:
        raise InputError(
            "this repository wants its licence accepted first",
            where=repository,
            remedy=f"Accept it at https://huggingface.co/{repository}, and log in with: hf auth login",
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise InputError(
            "the hub has no such repository, or does not show it to you",
            where=repository,
            remedy="Look at its spelling; for a private one, log in with: hf auth login",
        ) from error
    except (errors.HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of this machine, not of the connection
        raise ResourceError(
            f"the connection to the hub failed ({type(error).__name__})", where=repository, remedy=remedy
        ) from error


def client() -> Any:
    """The hub's client. Raises ResourceError where it is not installed."""
    try:
        import huggingface_hub
        import huggingface_hub.errors
        import huggingface_hub.file_download
        import huggingface_hub.utils
    except ImportError as error:
        raise missing_extra("huggingface_hub", "hub") from error
    return huggingface_hub


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _file(sibling: Any) -> RemoteFile:
    """Raises InputError for a name or hash that would lead somewhere else on this machine."""
    path, digest = sibling.rfilename, str(sibling.lfs.sha256 if sibling.lfs is not None else sibling.blob_id)
    if not is_digest(digest) or ".." in Path(path).parts or Path(path).is_absolute():
        raise InputError(f"this is no file of a repository: '{path}' ({digest})", remedy="Name another repository.")
    return RemoteFile(path, int(sibling.size), digest)
