"""The table of interchangeable parts. Choosing one is data: a name, where it lives, and a line for the user.

Parts live in rooms above this one, so they are named here by text and loaded at first use.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cleanplate.errors import ResourceError, UsageError
from cleanplate.motion.flow import Flow, flow_names, make_flow
from cleanplate.pipeline.fitting import Fit, Fitting, Footage, Place
from cleanplate.pipeline.protocols import Engine, Grounding, Reasoner, Segmenter


@dataclass(frozen=True)
class Part:
    """One row: `target` is ``module:class``.

    Attributes:
        weighted: the class takes ``weights``, a folder or a hub id.
        tuned: the class takes ``name``, its row's, and ``settings``, what the user chose of how it works.
        guided: the engine follows the motion of a video where it is given one.
        caching: the class takes ``cache``, a folder that keeps its work between runs.
        asking: the class takes ``settings``, what the user chose of how a model is asked, and ``also``, about what.
        levelling: the class takes ``gravity``, which way things fall.
        version: counts up when it says something else of the same clip.
        fitting: ``module:function``, a `pipeline.fitting.Fitting`; empty where nothing is told before there is a clip.
    """

    target: str
    summary: str
    needs: str = "nothing but the base install"
    weighted: bool = False
    tuned: bool = False
    guided: bool = False
    caching: bool = False
    asking: bool = False
    levelling: bool = False
    version: int = 1
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
    "physics": Part(
        "cleanplate.reason.physics:PhysicsReasoner",
        "motion, contact, support and light; no weights",
        levelling=True,
        version=2,
    ),
    "openai": Part(
        "cleanplate.reason.asking.openai:openai",
        "asks a model behind any server that speaks OpenAI's chat completions, here or elsewhere",
        asking=True,
    ),
    "gemini": Part(
        "cleanplate.reason.asking.gemini:gemini", "asks one of Google's models", needs="cleanplate[gemini]", asking=True
    ),
    "local": Part(
        "cleanplate.reason.asking.local:local",
        "asks a model of Qwen3-VL's kind on this machine, weights from the hub or a folder",
        needs="cleanplate[learned]",
        asking=True,
    ),
}
_VERA, _LEARNED = "cleanplate.engines.vera.engine:VeraEngine", "cleanplate[learned]"
_VERA_FITTING = "cleanplate.engines.vera.fits:fits"
ENGINES: Mapping[str, Part] = {
    "auto": Part(
        "cleanplate.engines.void_nano.choice:AutoEngine",
        "void-nano where this package brings its weights and the clip is like what it knows; propagate elsewhere",
        fitting="cleanplate.engines.propagate.fits:fits",
    ),
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
    "vera-nano": Part(
        _VERA,
        "research preview: the same in small, for a laptop; a few words (`cleanplate engines vera-nano`)",
        needs=_LEARNED,
        weighted=True,
        tuned=True,
        fitting=_VERA_FITTING,
    ),
    "void-5b": Part(
        "cleanplate.engines.void.engine:VoidEngine",
        "removes things with what they did to the scene, and draws what would have happened; weights from the hub",
        needs=_LEARNED,
        weighted=True,
        tuned=True,
        guided=True,
        fitting="cleanplate.engines.void.fits:fits",
    ),
    "void-nano": Part(
        "cleanplate.engines.void_nano.engine:NanoEngine",
        "research preview: removes things, and moves what they held by the plate's own pixels",
        needs=_LEARNED,
        weighted=True,
        tuned=True,
        fitting="cleanplate.engines.void_nano.fits:fits",
    ),
}
FLOWS: Mapping[str, Part] = {
    "raft": Part(
        "cleanplate.models.store.raft:flow_of",
        "RAFT; weights that `cleanplate models convert` has written",
        needs=_LEARNED,
        weighted=True,
    ),
}
"""Optical flow by networks; `motion.flow` has the methods that need none."""


def segmenter(name: str, weights: str | None = None, cache: Path | None = None) -> Segmenter:
    """The segmenter of that name; `cache` keeps what an added click need not redo. Raises UsageError."""
    return cast(Segmenter, _made(SEGMENTERS, name, "segmenter", weights, cache=cache))


def reasoner(
    name: str,
    settings: Mapping[str, Any] | None = None,
    also: Sequence[str] = (),
    gravity: float | str | None = None,
) -> Reasoner:
    """The reasoner of that name.

    Args:
        settings: what was chosen of how a model is asked; the reasoner knows the names.
        also: things that it is asked about in particular.
        gravity: see `Remove`; one that does not level the pictures by itself is not told.
    Raises:
        UsageError: an unknown reasoner, or one that is not asked and so takes neither.
    """
    part = _part(REASONERS, name, "reasoner")
    require_asked(name, [*(settings or {}), *(["also"] if also else [])])
    options: dict[str, Any] = {"settings": settings or {}, "also": also} if part.asking else {}
    if part.levelling:
        options["gravity"] = gravity
    return cast(Reasoner, _started(part, name, "reasoner", options))


def require_asked(name: str, chosen: Sequence[str]) -> None:
    """Raise UsageError for an unknown reasoner, or for choices of how one is asked that is asked nothing."""
    if chosen and not _part(REASONERS, name, "reasoner").asking:
        what = f"the reasoner '{name}' is asked nothing: it takes no {', '.join(chosen)}"
        raise UsageError(what, remedy="Leave these options out, or choose another --reasoner.")


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


def flow(name: str, weights: str | None = None) -> Flow:
    """The method of optical flow of that name: one of `motion.flow`, or a network's.

    Args:
        weights: a folder or file of a network's; None takes them from where they are kept.
    Raises:
        UsageError: an unknown one, or weights for one that takes none.
        InputError, ResourceError: no weights of the network's on this machine, or a package is not installed.
    """
    if name in FLOWS:
        return cast(Flow, _made(FLOWS, name, "optical flow", weights))
    if name not in flow_names():
        known = ", ".join(sorted((*flow_names(), *FLOWS)))
        raise UsageError(f"no optical flow named '{name}'", remedy=f"Known ones: {known}.")
    if weights is not None:
        raise UsageError(f"the optical flow '{name}' takes no weights", remedy="Leave flow_weights out.")
    return make_flow(name)


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
    options: dict[str, Any] = {"weights": weights} if weights is not None else {}
    if part.tuned:
        options |= {"name": name, "settings": settings or {}}
    if part.caching:
        options["cache"] = cache
    return _started(part, name, what, options)


def _started(part: Part, name: str, what: str, options: Mapping[str, Any]) -> Any:
    try:
        made = _loaded(part.target)
    except ModuleNotFoundError as error:
        remedy = f"Install it with: pip install '{part.needs}'"
        raise ResourceError(f"the {what} '{name}' needs the package '{error.name}'", remedy=remedy) from error
    return made(**options)
