"""Runs and their results in pieces that are small enough to travel: under 16 MB each.

A run that has ended leaves its model, in half precision; one that has been judged leaves only what was found. One that
has not ended leaves where it stands without the moments of its optimiser, weights and average in bfloat16: it goes on
from there as after a warm-up, not to the same last bit.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from ablation_runs import JUDGED
from safetensors.torch import load_file, save_file

from cleanplate.train.checkpoints import OPTIMISER

PIECE = 15 * 2**20
_TENSORS = ".safetensors"


def pack(out: Path, parcels: Path) -> None:
    """Write the parcels anew, of all that OUT/runs and the logs hold; the old ones stay until these are there."""
    new = parcels.with_name(f"{parcels.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for run in sorted(path for path in (out / "runs").glob("*") if path.is_dir()):
        _split(_tar(run, _worth_it(run)), new, run.name)
    texts = [path for path in out.iterdir() if path.suffix in (".log", ".json")]
    _split(_tar(out, texts), new, "texts")
    shutil.rmtree(parcels, ignore_errors=True)
    new.rename(parcels)


def unpack(parcels: Path, out: Path) -> None:
    """Bring back what is not there: runs, and what is done. Does nothing where there are no parcels."""
    for first in sorted(parcels.glob("*.000")):
        place = out if first.stem == "texts" else out / "runs" / first.stem
        if place != out and place.exists():
            continue
        whole = b"".join(piece.read_bytes() for piece in sorted(parcels.glob(f"{first.stem}.[0-9]*")))
        with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
            known = [member for member in archive if not (place / member.name).exists()]
            archive.extractall(place, known, filter="data")
        if place != out:
            for tensors in place.rglob(f"checkpoints/*/*{_TENSORS}"):
                _rewrite(tensors, tensors, torch.float32)


def _worth_it(run: Path) -> list[Path]:
    """The model where there is one, otherwise the last checkpoint; curves, previews and the recipe.

    A run that was trained to be judged, and has been, leaves no weights: there are many of these.
    """
    few = [path for path in run.iterdir() if path.is_file()] + sorted((run / "samples").glob("*"))[-1:]
    if (run / JUDGED).is_file():
        return few
    model = [path for path in (run / "model").glob("*") if path.is_file()]
    checkpoints = sorted(path for path in (run / "checkpoints").glob("*") if path.name.isdigit())
    last = [] if model else [path for last in checkpoints[-1:] for path in last.iterdir() if path.name != OPTIMISER]
    return [*few, *model, *last]


def _tar(root: Path, paths: Sequence[Path]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for path in paths:
            light = _light(path, root)
            archive.add(light, arcname=str(path.relative_to(root)))
            if light != path:
                light.unlink()
    return whole.getvalue()


def _light(path: Path, root: Path) -> Path:
    """The file, or a copy of its tensors in half as many bytes."""
    if path.suffix != _TENSORS:
        return path
    light = root / ".light"
    _rewrite(path, light, torch.bfloat16 if "checkpoints" in path.parts else torch.float16)
    return light


def _rewrite(path: Path, place: Path, kind: torch.dtype) -> None:
    tensors = load_file(path)
    save_file({name: one.to(kind) if one.is_floating_point() else one for name, one in tensors.items()}, place)


def _split(whole: bytes, parcels: Path, name: str) -> None:
    for number, piece in enumerate(_pieces(whole)):
        (parcels / f"{name}.{number:03d}").write_bytes(piece)


def _pieces(whole: bytes) -> Iterator[bytes]:
    for start in range(0, len(whole), PIECE):
        yield whole[start : start + PIECE]
