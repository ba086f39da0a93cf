"""What the model is told of the scene, and what the user is told of the plan."""

from __future__ import annotations

from collections.abc import Sequence

from cleanplate.engines.learned.told import written
from cleanplate.engines.void.outline import Outline, Take
from cleanplate.engines.void.settings import Settings
from cleanplate.errors import UsageError
from cleanplate.masks.reasoning import Reasoning
from cleanplate.models.void.config import VoidConfig
from cleanplate.pipeline.edits import Remove

NEUTRAL = "The same scene with nothing there."
"""What the model is told where nobody says what the scene is like afterwards."""


def description(edit: Remove, reasoning: Reasoning | None) -> str:
    """The scene afterwards: in the user's words, the reasoning's, or neutral ones. Raises UsageError for none."""
    if edit.prompt is not None and not edit.prompt.strip():
        remedy = "Say what the scene looks like afterwards, or leave it out."
        raise UsageError("the description is empty", remedy=remedy)
    return _told(edit, reasoning) or NEUTRAL


def notes(
    outline: Outline, wanted: Settings, cleared: Sequence[int], edit: Remove, reasoning: Reasoning | None
) -> list[str]:
    """Sentences about everything that a user may not expect.

    Args:
        outline: with settings that fit this machine.
        wanted: settings as they were asked for.
        cleared: by take, the affected samples of its first frame that the model is told to keep.
    """
    found, settings = [], outline.settings
    if wanted.pass2 == "auto" and settings.pass2 == "never":
        found.append("There are no weights of a second pass here: the first one's result stays as it is.")
    if outline.guided:
        found.append("It follows a motion that was given: there is no first pass, and nothing for the morph check.")
    if settings.max_vram is not None and settings.running != wanted.running:
        found.append(f"Runs with {written(settings.running, wanted.running)} to keep to {settings.max_vram:g} GB.")
    if not _told(edit, reasoning):
        found.append(f"Nobody says what the scene is like afterwards (--prompt): the model is told '{NEUTRAL}'")
    for take, samples in zip(outline.takes, cleared, strict=True):
        found += _of(take, samples)
    return found


def another_size(config: VoidConfig, known: VoidConfig, name: str) -> list[str]:
    """A warning where the weights are no published ones."""
    if config == known:
        return []
    return [f"The weights are of another size than {name}: do not judge that model by this result."]


def _of(take: Take, cleared: int) -> list[str]:
    size, span = take.framing.size, take.span
    drawn = (
        f"Frames {take.frames.start} to {take.frames.stop - 1}: {len(span.frames)} of them are drawn, "
        f"at {size.columns} x {size.rows}, in {len(take.windows)} windows."
    )
    padded = f"They are filled up to {span.length} with a mirrored tail, which is cut off again."
    kept = (
        f"On frame {take.frames.start} the quadmask has {cleared} samples that are affected; the model is told to keep "
        "them there, as in its training."
    )
    return [drawn, *([padded] if span.length > len(span.frames) else []), *([kept] if cleared else [])]


def _told(edit: Remove, reasoning: Reasoning | None) -> str:
    if edit.prompt is not None:
        return edit.prompt.strip()
    return "" if reasoning is None else reasoning.scene_after.strip()
