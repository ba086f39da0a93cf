"""`add` and `replace_background`: region → plan → generate → layer → package, from an instruction."""

from __future__ import annotations

from pathlib import Path

from cleanplate.edit.package import ShotPackage
from cleanplate.media.clip import Clip
from cleanplate.pipeline.edits import Add, ReplaceBackground
from cleanplate.pipeline.make import Order, Prepared, make
from cleanplate.pipeline.permitted import Permission
from cleanplate.pipeline.workshop import Workshop

DEFAULT_ENGINE = "vera-1.3b"


def add(plate: Path | str, edit: Add, out: Path | str, order: Order | None = None) -> ShotPackage:
    """Add what an instruction describes to a clip and write the shot package `out`.

    Run again with the same arguments after a kill, it goes on from the last whole stage, window or segment.

    Args:
        plate: a video file, or a folder or pattern of images.
        edit: what comes, and where anything may change.
        order: how it is made; with the engine `DEFAULT_ENGINE` when left out.
    Raises:
        CleanplateError: of the kind that says what to do; nothing is left under `out` then.
    """
    return _described(plate, edit, out, order or Order(DEFAULT_ENGINE))


def replace_background(
    plate: Path | str, edit: ReplaceBackground, out: Path | str, order: Order | None = None
) -> ShotPackage:
    """Put what an instruction describes behind what a clip shows; otherwise as `add`."""
    return _described(plate, edit, out, order or Order(DEFAULT_ENGINE))


def _described(plate: Path | str, edit: Add | ReplaceBackground, out: Path | str, order: Order) -> ShotPackage:
    def prepare(shop: Workshop, clip: Clip) -> Prepared:
        return Permission(shop, clip, edit, order.progress).prepared()

    return make(plate, edit, Path(out), order, prepare)
