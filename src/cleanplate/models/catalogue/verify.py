"""Whether weights on this machine are whole and are what they should be, without loading them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import InputError
from cleanplate.models.catalogue import places, shipped
from cleanplate.models.catalogue.flows import FLOWS
from cleanplate.models.catalogue.structure import structural
from cleanplate.models.catalogue.table import MODELS, PARTS, Weights
from cleanplate.models.catalogue.voids import VOIDS
from cleanplate.models.mixture.config import MixtureConfig
from cleanplate.models.void.config import VoidConfig
from cleanplate.models.weights import hub
from cleanplate.models.weights.checkpoint import PICKLES
from cleanplate.models.weights.digests import agrees, stated
from cleanplate.progress import Progress

_PARTS = ("transformer", "vae", "text_encoder", "tokenizer")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and where."""

    where: str
    what: str


@dataclass(frozen=True)
class Verdict:
    """What was looked at.

    Attributes:
        files: how many.
        unstated: those of which the hub's hash is not known here: one's own, or copied from elsewhere.
        findings: everything that is wrong.
    """

    files: int
    unstated: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Part:
    """A folder or file to look at, and the transformer that it should hold, where a row of the table says so."""

    path: Path
    config: MixtureConfig | VoidConfig | None = None


def verify(name: str, progress: Progress) -> Verdict:
    """Read every file of a folder, a row of the table, a codec, a text encoder or a fetched repository.

    Raises:
        UsageError, ResourceError: see `places.located`; also without torch, or without the libraries of a part.
        InputError: nothing of it is on this machine, or the folder has no weights.
    """
    parts = _parts(name)
    files = [(part, file) for part in parts for file in _files(part.path)]
    unstated: list[str] = []
    findings: list[Finding] = []
    with progress.task("Reading weights", total=len(files)) as tick:
        for _, file in files:
            digest = stated(file) or shipped.stated(file)
            if digest is None:
                unstated.append(str(file))
            elif not agrees(file, digest):
                findings.append(Finding(str(file), "its bytes are not those that the hub states"))
            tick()
    for part in parts:
        findings += [Finding(str(part.path), what) for what in _faults(part)]
    return Verdict(len(files), tuple(unstated), tuple(findings))


def _parts(name: str) -> list[Part]:
    path = Path(name)
    if path.exists():
        return _inside(path)
    if name in MODELS and (origin := MODELS[name].origin):
        own = MODELS[MODELS[name].starts_from or name].system.transformer
        return [Part(places.fetched(origin, name), own), *_fetched(MODELS[name].needs[1:], name)]
    if name in VOIDS:
        row = VOIDS[name]
        passes = [Part(places.fetched(weights, name), row.config) for weights in row.passes.values()]
        return [*passes, *_fetched(row.needs[len(passes) :], name)]
    if name in FLOWS:
        return [Part(places.located(name))]
    if name in PARTS:
        return _fetched(PARTS[name], name)
    return _inside(places.located(name))


def _fetched(weights: tuple[Weights, ...], name: str) -> list[Part]:
    return [Part(places.fetched(part, name)) for part in weights]


def _inside(path: Path) -> list[Part]:
    """A file, or a folder and the parts of a model in it."""
    parts = [Part(path / name) for name in _PARTS if (path / name).is_dir()]
    if path.is_dir() and (passes := sorted(path.glob("void_pass*.safetensors"))):
        return [*map(Part, passes), *parts]
    own = path.is_file() or any(entry.suffix in (".safetensors", *PICKLES) for entry in path.iterdir())
    own = own or (path / "config.json").is_file() or any(path.glob(f"*{hub.INCOMPLETE}"))
    if own:
        parts.insert(0, Part(path))
    if not parts:
        raise InputError("there are no weights in this folder", where=str(path), remedy="Name another.")
    return parts


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(entry for entry in path.iterdir() if entry.is_file())


def _faults(part: Part) -> Iterator[str]:
    """What of a part is half, pickled, missing or left over."""
    if halves := _halves(part.path):
        yield f"files that have not arrived whole: {halves}; fetch it again, which goes on from there"
    try:
        yield from structural(part.path, part.config)
    except InputError as error:
        yield error.what


def _halves(path: Path) -> int:
    """Files whose beginning is here, in a folder or in the hub's cache that it lies in."""
    folder = next((parent.parent / "blobs" for parent in path.parents if parent.name == "snapshots"), path)
    return len(list(folder.glob(f"*{hub.INCOMPLETE}")))
