"""Who says what else is affected, who takes over where there is no answer, and what of it the user wants."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanplate.errors import InputError, ResourceError, UsageError
from cleanplate.masks.reasoning import Reasoning
from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
from cleanplate.media.probe import ClipInfo
from cleanplate.pipeline import registry
from cleanplate.pipeline.edits import Remove
from cleanplate.progress import Progress

_CONSENT = "allow_upload"


@dataclass(frozen=True)
class Answered:
    """A document, and what the user should know of how it came about."""

    document: Reasoning
    warnings: tuple[str, ...] = ()


def require_answerable(edit: Remove, asking: Mapping[str, Any]) -> None:
    """Raise UsageError for a fallback that is none, or for things or ways to ask and nobody to ask."""
    if edit.fallback is not None:
        if edit.fallback not in registry.REASONERS or registry.REASONERS[edit.fallback].asking:
            known = [name for name, part in registry.REASONERS.items() if not part.asking]
            raise UsageError(f"'{edit.fallback}' cannot take over", remedy=f"Choose one of: {', '.join(known)}.")
        if edit.fallback == edit.reasoner:
            raise UsageError(f"'{edit.fallback}' cannot take over from itself", remedy="Leave --fallback out.")
    if edit.also and edit.reasoning is not None:
        remedy = "Write it into the document, or leave --reasoning out and have somebody asked with --reasoner."
        raise UsageError("a document that is replayed cannot be asked about anything", remedy=remedy)
    if edit.gravity is not None and edit.reasoning is not None:
        remedy = "Write it into its field 'gravity', or leave --reasoning out."
        raise UsageError("a document that is replayed says itself which way things fall", remedy=remedy)
    part = registry.REASONERS.get(edit.reasoner)
    if edit.also and part is not None and not part.asking:
        raise UsageError(
            f"'{edit.reasoner}' cannot be asked about {', '.join(edit.also)}: it knows no words",
            remedy="Choose another --reasoner, or write the thing into a reasoning.json of your own.",
        )
    registry.require_asked(edit.reasoner, [*_settings(edit, asking)])


def reasoner_key(edit: Remove, asking: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that decides who answers what. That pictures may leave the machine changes no answer."""
    how = {name: value for name, value in asking.items() if name != _CONSENT}
    fields = {"reasoner", "reasoner_model", "reasoner_url", "gravity", "fallback", "also"}
    parts = (registry.REASONERS.get(name) for name in (edit.reasoner, edit.fallback) if name is not None)
    versions = [part.version for part in parts if part is not None]
    return edit.model_dump(mode="json", include=fields) | {"asking": how, "versions": versions}


def answered(
    edit: Remove,
    clip: Clip,
    tracks: Sequence[Track],
    *,
    asking: Mapping[str, Any],
    frames: range,
    folder: Path,
    progress: Progress,
) -> Answered:
    """The reasoner's document, or its fallback's where it has none.

    Args:
        asking: how a model is asked, by name.
        frames, folder, progress: see `Reasoner`.
    Raises:
        ResourceError: no answer, and no fallback.
    """
    try:
        part = registry.reasoner(edit.reasoner, _settings(edit, asking), edit.also, edit.gravity)
        return Answered(_pulled(part.reason(clip, tracks, frames, folder, progress), edit, clip.info))
    except ResourceError as error:
        if edit.fallback is None:
            raise
        other = registry.reasoner(edit.fallback, gravity=edit.gravity)
        document = other.reason(clip, tracks, frames, folder, progress)
        why = f"{error.where}: {error.what}" if error.where else error.what
        told = [f"'{edit.reasoner}' gave no answer ({why}): '{edit.fallback}' reasoned instead."]
        if edit.also:
            told.append(f"Nobody was asked about {', '.join(edit.also)}.")
        return Answered(document, tuple(told))


_UNFOLLOWED = (
    "Gravity: down in the picture as the file is shown; '{}' does not follow the camera's roll, 'physics' does."
)


def _pulled(document: Reasoning, edit: Remove, info: ClipInfo) -> Reasoning:
    """The document with gravity as the user says, where a model was asked: it only looked."""
    if not registry.REASONERS[edit.reasoner].asking or edit.gravity is None:
        return document
    if edit.gravity == "auto":
        return document.model_copy(update={"notes": (_UNFOLLOWED.format(edit.reasoner),)})
    angle = math.radians(edit.gravity - info.rotation)
    down = (-math.sin(angle) / float(info.sample_aspect), math.cos(angle))
    length = math.hypot(*down)
    note = f"Gravity: {edit.gravity:g} degrees clockwise from down in the picture, as told."
    return document.model_copy(update={"gravity": (down[0] / length, down[1] / length), "notes": (note,)})


def _settings(edit: Remove, asking: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen of how a model is asked."""
    chosen = {"model": edit.reasoner_model, "url": edit.reasoner_url} | dict(asking)
    return {name: value for name, value in chosen.items() if value not in (None, False)}


def narrowed(document: Reasoning, edit: Remove) -> tuple[Reasoning, list[str]]:
    """The document less what the user keeps or does not want, and what is left out, in words.

    Raises InputError for a name that it does not know.
    """
    names = [thing.name for thing in document.affected] + [belonging.name for belonging in document.removed_with]
    keep = set(edit.keep)
    if unknown := keep - {*names, *(thing.id for thing in document.affected)}:
        raise InputError(
            f"--keep {', '.join(sorted(unknown))}: the reasoning names no such thing",
            remedy=f"It names: {', '.join(names)}." if names else "It found nothing that is affected.",
        )
    left = document.without(keep)
    left = left.only(set(edit.only)) if edit.only else left
    wanted = [thing.name for thing in left.affected] + [belonging.name for belonging in left.removed_with]
    if dropped := [name for name in names if name not in wanted]:
        return left, [f"Found, and left as it is by your choice: {', '.join(dropped)}."]
    return left, []
