"""Where weights lie on this machine. Nothing is fetched here: what is absent is named, with what would fetch it.

Read without torch.
"""

from __future__ import annotations

import os
from pathlib import Path

from cleanplate.errors import InputError, UsageError
from cleanplate.models.catalogue import shipped
from cleanplate.models.catalogue.flows import FLOWS, absent, pickled
from cleanplate.models.catalogue.table import MODELS, PARTS, Weights
from cleanplate.models.catalogue.voids import VOIDS
from cleanplate.models.weights import hub


def located(name: str | Path) -> Path:
    """A folder or file of weights: the one of that path, or what was fetched of a row of the table or a repository.

    Raises:
        UsageError: neither a path nor a name that is known.
        InputError: it is not on this machine, or nobody has published any.
        ResourceError: the hub's client, which knows where it keeps things, is not installed.
    """
    path = Path(name)
    if path.exists():
        return path
    if isinstance(name, Path):
        raise InputError("no such file or folder of weights", where=str(name), remedy="Name another.")
    if name in shipped.SHIPPED or name in shipped.PARTS:
        return shipped.folder_of(name)
    if name in MODELS:
        return fetched(_published(name), name)
    if name in VOIDS:
        return fetched(VOIDS[name].passes[1], name).parent
    if name in FLOWS:
        return _converted(name)
    if hub.is_repository(name):
        return fetched(Weights(name, "", ""), name)
    raise _unknown(name)


def sources(name: str) -> tuple[Weights, ...]:
    """What is fetched under a name: for a row all that it needs, its parts included; a part; or a whole repository.

    Raises:
        UsageError: a name that is neither known nor spelled like a repository.
        InputError: what has that name is published as a pickle only.
    """
    if name in shipped.SHIPPED or name in shipped.PARTS:
        raise InputError(f"the weights of '{name}' came with this package", remedy="There is nothing to fetch.")
    if name in MODELS:
        return MODELS[name].needs
    if name in VOIDS:
        return VOIDS[name].needs
    if name in FLOWS:
        raise pickled(name)
    if name in PARTS:
        return PARTS[name]
    if hub.is_repository(name):
        return (Weights(name, "", ""),)
    raise _unknown(name)


def published(name: str) -> bool:
    """Whether there are weights of a row of the table of mixtures, in the package or to be fetched."""
    return name in shipped.SHIPPED or MODELS[name].weights is not None


def part(name: str, where: Path | None = None) -> tuple[Path, ...]:
    """Folders of a codec or text encoder: those beside the transformer's weights, or else those that were fetched.

    Args:
        name: in `table.PARTS`, or in `shipped.PARTS`, which need not be fetched.
        where: the transformer's folder.

    Raises:
        InputError, ResourceError: see `located`.
    """
    if name in shipped.PARTS:
        own = None if where is None else where / name
        return (own if own is not None and own.is_dir() else shipped.folder_of(name),)
    wanted = PARTS[name]
    beside = [where / weights.folder for weights in wanted] if where is not None else []
    if beside and all(folder.is_dir() for folder in beside):
        return tuple(beside)
    return tuple(fetched(weights, name) for weights in wanted)


def fetched(weights: Weights, name: str) -> Path:
    """The folder or file that was fetched, for what the user called `name`. Raises InputError where none was."""
    root = hub.local(weights.repository)
    if root is None or not (root / weights.folder).exists():
        raise InputError(
            f"{weights.repository}/{weights.folder}".rstrip("/") + " is not on this machine",
            remedy=f"Fetch it with: cleanplate models pull {name}",
        )
    return root / weights.folder


def prompts() -> Path:
    """Where encoded texts are kept."""
    return _kept("prompts")


def _kept(name: str) -> Path:
    """What is no repository's: in the folder that CLEANPLATE_MODELS names, or in the user's cache."""
    if (home := hub.home()) is not None:
        return home / name
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cleanplate" / name


def _converted(name: str) -> Path:
    folder = _kept(name)
    if not folder.is_dir():
        raise absent(name, folder)
    return folder


def _published(name: str) -> Weights:
    row = MODELS[name]
    if row.weights is None:
        raise InputError(
            f"nobody has published weights of '{name}'",
            remedy="Train them with `cleanplate train vera`, and name their folder with --weights.",
        )
    return row.weights


def _unknown(name: str) -> UsageError:
    known = ", ".join((*MODELS, *VOIDS, *shipped.SHIPPED, *shipped.PARTS, *FLOWS, *PARTS))
    return UsageError(f"'{name}' is no model and no folder", remedy=f"Name a folder, OWNER/NAME, or one of: {known}.")
