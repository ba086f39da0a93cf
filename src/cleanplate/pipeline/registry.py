"""The table of interchangeable parts. Choosing one is data: a name, where it lives, and a line for the user.

Parts live in rooms above this one, so they are named here by text and loaded at first use.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cleanplate.errors import ResourceError, UsageError
from cleanplate.pipeline.fitting import Fit, Fitting, Footage, Place
from cleanplate.pipeline.protocols import Engine, Grounding, Reasoner, Segmenter


@dataclass(frozen=True)
class Part:
    """One row: `target` is ``module:class``.

    Attributes:
        weighted: the class takes ``weights``, a folder or a hub id.
        tuned: the class takes ``name``, its row's, and ``settings``, what the user chose of how it works.
        caching: the class takes ``cache``, a folder that keeps its work between runs.
        fitting: ``module:function``, a `pipeline.fitting.Fitting`; empty where nothing is told before there is a clip.
    """

    target: str
    summary: str
    needs: str = "nothing but the base install"
    weighted: bool = False
    tuned: bool = False
    caching: bool = False
    fitting: str = ""


SEGMENTERS: Mapping[str, Part] = {
    "classic": Part(
        "cleanplate.select.classic:ClassicSegmenter",
        "optical flow, colour and edges refined by graph cut; no weights",
        caching=True,
    ),
    "sam2": Part(
        "cleanplate.select.sam2:Sam2Segmenter",
        "SAM 2 video, weights from the hub or a folder",
        needs="cleanplate[sam2]",
        weighted=True,
    ),
}
REASONERS: Mapping[str, Part] = {
    "physics": Part("cleanplate.reason.physics:PhysicsReasoner", "motion, contact, support and light; no weights"),
}
_VERA, _LEARNED = "cleanplate.engines.vera.engine:VeraEngine", "cleanplate[learned]"
_VERA_FITTING = "cleanplate.engines.vera.fits:fits"
ENGINES: Mapping[str, Part] = {
    "propagate": Part(
        "cleanplate.engines.propagate.engine:PropagateEngine",
        "a clean plate from the plate's own pixels in other frames; fills what was hidden, invents no motion",
        fitting="cleanplate.engines.propagate.fits:fits",
    ),
    "vera-1.3b": Part(
        _VERA,
        "adds what an instruction describes, or another background; weights from a folder",
        needs=_LEARNED,
        weighted=True,
        tuned=True,
        fitting=_VERA_FITTING,
    ),
    "vera-14b": Part(
        _VERA, "the same, the large model", needs=_LEARNED, weighted=True, tuned=True, fitting=_VERA_FITTING
    ),
    "void-5b": Part(
        "cleanplate.engines.void.engine:VoidEngine",
        "removes things with what they did to the scene, and draws what would have happened; weights from the hub",
        needs=_LEARNED,
        weighted=True,
        tuned=True,
        fitting="cleanplate.engines.void.fits:fits",
    ),
}


def segmenter(name: str, weights: str | None = None, cache: Path | None = None) -> Segmenter:
    """The segmenter of that name; `cache` keeps what an added click need not redo. Raises UsageError."""
    return cast(Segmenter, _made(SEGMENTERS, name, "segmenter", weights, cache=cache))


def reasoner(name: str) -> Reasoner:
    """The reasoner of that name. Raises UsageError for an unknown one."""
    return cast(Reasoner, _made(REASONERS, name, "reasoner"))


def grounding() -> tuple[Grounding, int]:
    """What lays answers on a clip, and its version, which counts up when the same answer is laid otherwise."""
    room = "cleanplate.reason.ground.ground"
    return cast(Grounding, _loaded(f"{room}:ground")), cast(int, _loaded(f"{room}:VERSION"))


def engine(name: str, weights: str | None = None, settings: Mapping[str, Any] | None = None) -> Engine:
    """The engine of that name.

    Args:
        weights: a folder or a hub id, for engines that take any.
        settings: what was chosen of how it works; the engine knows the names.
    Raises:
        UsageError: an unknown engine, or weights or settings that it does not take.
    """
    return cast(Engine, _made(ENGINES, name, "engine", weights, settings=settings or {}))


def fits(name: str, footage: Footage, place: Place) -> list[Fit]:
    """Ways of running the engine of that name, the gentlest first. Raises UsageError for an unknown one."""
    part = _part(ENGINES, name, "engine")
    return cast(Fitting, _loaded(part.fitting))(name, footage, place) if part.fitting else []


def _part(table: Mapping[str, Part], name: str, what: str) -> Part:
    if name not in table:
        raise UsageError(f"there is no {what} '{name}'", remedy=f"Choose one of: {', '.join(table)}.")
    return table[name]


def _loaded(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _made(
    table: Mapping[str, Part],
    name: str,
    what: str,
    weights: str | None = None,
    *,
    cache: Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Any:
    part = _part(table, name, what)
    if weights is not None and not part.weighted:
        raise UsageError(f"the {what} '{name}' takes no weights", remedy="Leave --weights out.")
    if settings and not part.tuned:
        raise UsageError(f"the {what} '{name}' takes no {', '.join(settings)}", remedy="Leave these options out.")
    try:
        made = _loaded(part.target)
    except ModuleNotFoundError as error:
        remedy = f"Install it with: pip install '{part.needs}'"
        raise ResourceError(f"the {what} '{name}' needs the package '{error.name}'", remedy=remedy) from error
    options: dict[str, Any] = {"weights": weights} if weights is not None else {}
    if part.tuned:
        options |= {"name": name, "settings": settings or {}}
    if part.caching:
        options["cache"] = cache
    return made(**options)
