"""The Hugging Face hub: what lies there, and what of it lies here. Read without torch.

Only safetensors, JSON and tokenizers are ever fetched; whatever else a repository holds stays there.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import missing_extra

HOME = "CLEANPLATE_MODELS"
_WANTED = (".safetensors", ".json", ".model", ".txt")
"""Weights, configs and indices, sentencepiece models, vocabularies."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub states it: bytes, and a sha256 or, for small ones, git's sha1."""

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
        files: that a model needs.
        pickles: names of weights that are left there.
    """

    repository: str
    revision: str
    licence: str
    files: tuple[RemoteFile, ...]
    pickles: tuple[str, ...]

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


def local(repository: str) -> Path | None:
    """Where a repository's newest fetched state lies on this machine, whole or not; None where it does not."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError as error:
        raise missing_extra("huggingface_hub", "hub") from error
    try:
        return Path(snapshot_download(repository, cache_dir=home(), local_files_only=True, allow_patterns=[]))
    except LocalEntryNotFoundError:
        return None
