"""What stays before another background where no mask says so: the things that the words name, found in the plate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.models.catalogue.vocabulary import Vocabulary
from cleanplate.models.finding.finder import Finder, found
from cleanplate.models.sampling.sampler import Moment


def named(instruction: str, vocabulary: Vocabulary | None) -> str:
    """What to look for; the whole instruction, of words that nobody lists."""
    return instruction if vocabulary is None else vocabulary.names.every(instruction)


def drawn_behind(
    finder: Finder,
    words_1SD: Tensor,
    draughtsman: Draughtsman,
    scenery: Scenery,
    watch: Callable[[Moment], None] | None = None,
) -> Drawn:
    """Another background behind what the words name: whoever draws is told where that is, and the layer spares it."""
    kept_THW = found(finder, scenery.source_3THW, words_1SD)
    drawn = draughtsman.draw(replace(scenery, kept_THW=kept_THW), watch)
    return replace(drawn, alpha_THW=torch.minimum(drawn.alpha_THW, 1 - kept_THW))
