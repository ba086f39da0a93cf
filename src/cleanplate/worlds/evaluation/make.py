"""Making a set, and telling whether it is the one that others have measured on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from cleanplate import files
from cleanplate.progress import Progress
from cleanplate.worlds.evaluation import layered, removal
from cleanplate.worlds.evaluation.manifest import NAMES, Manifest, shipped
from cleanplate.worlds.produce import Summary, produce

_MODULES: dict[str, ModuleType] = dict(zip(NAMES, (removal, layered), strict=True))
LIST = "evaluation.json"


@dataclass(frozen=True)
class EvaluationSet:
    """A set on disk.

    Attributes:
        manifest: what lies there, with its hashes.
        lists: where the samples are listed.
        differing: keys of samples whose pictures are not those of the published set.
        comparable: the pictures have the published size; otherwise nothing was compared.
    """

    manifest: Manifest
    lists: tuple[Path, ...]
    summary: Summary
    differing: tuple[str, ...]
    comparable: bool


def make(
    name: str,
    out: Path,
    *,
    size: tuple[int, int] | None = None,
    length: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> EvaluationSet:
    """Make one of `NAMES` under `out`, and check it against the published hashes. What is there is kept.

    Args:
        size: (height, width) other than the published one, for models that work at theirs.
        length: frames other than the published number.

    Raises:
        UsageError: there is no such set.
    """
    published = shipped(name)
    height, width = size or (published.height, published.width)
    changes = {"height": height, "width": width, "frames": length or published.frames}
    wanted = published.model_copy(update=changes)
    made, lists, summary = _make(wanted, out, workers, progress)
    comparable = made.model_dump(include=set(changes)) == published.model_dump(include=set(changes))
    pairs = zip(made.samples, published.samples, strict=True)
    differing = tuple(a.key for a, b in pairs if a.content != b.content) if comparable else ()
    return EvaluationSet(made, tuple(lists), summary, differing, comparable)


def publish(name: str, version: int, scratch: Path, *, workers: int = 1, progress: Progress | None = None) -> Manifest:
    """Choose the samples of a set anew and hash them: how the lists that ship were made."""
    chosen: Callable[[], Iterator[object]] = _MODULES[name].choose
    blank = Manifest.model_validate({"name": name, "version": version, "samples": tuple(chosen())})
    return _make(blank, scratch, workers, progress)[0]


def _make(
    manifest: Manifest, out: Path, workers: int, progress: Progress | None
) -> tuple[Manifest, Sequence[Path], Summary]:
    module = _MODULES[manifest.name]
    summary = produce(module.jobs(manifest, out), workers=workers, progress=progress, name=manifest.name)
    lists = module.finish(out, manifest)
    hashes = module.content(out, manifest)
    samples = tuple(entry.model_copy(update={"content": hashes[entry.key]}) for entry in manifest.samples)
    made = manifest.model_copy(update={"samples": samples})
    files.write_text(out / LIST, made.model_dump_json(indent=1) + "\n")
    return made, lists, summary
