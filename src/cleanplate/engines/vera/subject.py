"""What stays before another background where no mask says so: the things that the words name, found in the plate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.engines.vera.footage import Footage
from cleanplate.models.finding.finder import Finder, found
from cleanplate.models.sampling.sampler import Moment

_LEAST = 0.001
"""Of a picture: what is smaller is taken for nothing."""


def drawn_behind(
    finder: Finder,
    names: Sequence[str],
    draughtsman: Draughtsman,
    scenery: Scenery,
    watch: Callable[[Moment], None] | None = None,
) -> Drawn:
    """Another background behind what is named: whoever draws is told where that is, and alpha is all the rest.

    The model's own alpha, said in latents of many pixels, has the worse holes, also where it is told (decision 044).
    """
    kept_THW = found(finder, scenery.source_3THW, names)
    drawn = draughtsman.draw(replace(scenery, kept_THW=kept_THW), watch)
    return replace(drawn, alpha_THW=1 - kept_THW)


def note_of(finder: Finder, names: Sequence[str], footage: Footage, frames: Sequence[int]) -> str:
    """For the user, before anything is drawn: what is looked for, and how much of the plate it is found to be.

    Args:
        frames: of the edit; the first, the one in the middle and the last are looked at.
    """
    looked_at = sorted({frames[0], frames[len(frames) // 2], frames[-1]})
    kept_THW = found(finder, footage.video(looked_at), names)
    share = float(kept_THW.mean(dim=(1, 2)).max())
    said = f"by its name: {', '.join(names)}" if names else "by itself, as nothing is named that stays"
    if share < _LEAST:
        return f"What stays is looked for {said}. It is not found; without a keep mask all of the picture may change."
    return f"What stays is found {said} ({share:.1%} of the picture). A keep mask makes sure of it."
