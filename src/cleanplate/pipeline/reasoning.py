"""Who says what else is affected, who takes over where there is no answer, and what of it the user wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanplate.errors import InputError, ResourceError, UsageError
from cleanplate.masks.reasoning import Reasoning
from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
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
    fields = {"reasoner", "reasoner_model", "reasoner_url", "fallback", "also"}
    return edit.model_dump(mode="json", include=fields) | {"asking": how}


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
        part = registry.reasoner(edit.reasoner, _settings(edit, asking), edit.also)
        return Answered(part.reason(clip, tracks, frames, folder, progress))
    except ResourceError as error:
        if edit.fallback is None:
            raise
        other = registry.reasoner(edit.fallback)
        document = other.reason(clip, tracks, frames, folder, progress)
        why = f"{error.where}: {error.what}" if error.where else error.what
        told = [f"'{edit.reasoner}' gave no answer ({why}): '{edit.fallback}' reasoned instead."]
        if edit.also:
            told.append(f"Nobody was asked about {', '.join(edit.also)}.")
        return Answered(document, tuple(told))


def _settings(edit: Remove, asking: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen of how a model is asked."""
    chosen = {"model": edit.reasoner_model, "url": edit.reasoner_url} | dict(asking)
    return {name: value for name, value in chosen.items() if value not in (None, False)}


def narrowed(document: Reasoning, edit: Remove) -> Reasoning:
    """The document less what the user keeps or does not want. Raises InputError for a name that it does not know."""
    known = {n for thing in document.affected for n in (thing.id, thing.name)} | {r.name for r in document.removed_with}
    keep = set(edit.keep)
    if unknown := keep - known:
        raise InputError(
            f"--keep names {', '.join(sorted(unknown))}, which the reasoning does not",
            remedy=f"It names: {', '.join(sorted(known))}." if known else "It found nothing that is affected.",
        )
    left = document.without(keep)
    return left.only(set(edit.only)) if edit.only else left
