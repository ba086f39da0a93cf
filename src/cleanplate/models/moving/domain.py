"""Whether a clip is like what void-nano has learned from, told by the model's own answers.

Two things are known without knowing what truly happens: where it is told to keep, nothing has moved; and of a mirrored
clip the answer is the mirrored one. In its domain the model keeps to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from cleanplate.models.moving.ask import Asking, ask, reach_of
from cleanplate.models.moving.compose import compose
from cleanplate.models.moving.scene import seen_of, told_changes, told_plates

DOMAIN = "domain"
"""Its name in a model's card."""
_COLUMNS = -1


@dataclass(frozen=True)
class Domain:
    """Attributes: what the model says is seen of moved things where it is told to keep, 0..1, on average; and how far
    the pictures of a clip and of its mirror image are apart where something may change, of 0..1, on average.
    """

    kept: float
    mirrored: float

    def within(self, most: Mapping[str, float]) -> bool:
        """Whether it keeps to thresholds by name; to none that are not there."""
        return all(value <= most.get(name, -1.0) for name, value in asdict(self).items())


@torch.no_grad()
def domain_of(asking: Asking, said: Tensor) -> Domain:
    """The model is asked once more, about the mirrored clip.

    Args:
        asking: as it was asked.
        said: its answer, T x 6 x H x W.
    """
    scene, economy = asking.scene, asking.settings.economy
    keep, inside = ~told_changes(scene), asking.reach.inside[:, None]
    reach = None
    if economy is not None:
        reach = reach_of(~keep[:, 0].flip(_COLUMNS), asking.model.config.patch, economy)
    if reach is None:
        raise ValueError("nothing may change in this clip")
    turned = replace(asking, scene=scene.flip(_COLUMNS), reach=reach, noise=asking.noise.flip(_COLUMNS))
    other = ask(turned).flip(_COLUMNS)
    other = torch.cat([-other[:, :1], other[:, 1:]], dim=1)
    plate, clean = told_plates(scene)
    apart = (compose(plate, clean, said) - compose(plate, clean, other)).abs().mean(dim=1, keepdim=True)
    return Domain(kept=_mean(seen_of(said), keep & inside), mirrored=_mean(apart, ~keep & inside))


def thresholds(found: list[Domain], share: float = 0.95) -> dict[str, float]:
    """What this share of the clips of a validation set keeps to, by name."""
    rows = [asdict(one) for one in found]
    return {name: float(torch.tensor([row[name] for row in rows]).quantile(share)) for name in rows[0]}


def known(card: Mapping[str, Any]) -> dict[str, float]:
    """The thresholds of a model's card; empty where it has none."""
    stated = card.get(DOMAIN)
    return {str(name): float(value) for name, value in stated.items()} if isinstance(stated, dict) else {}


def _mean(values: Tensor, where: Tensor) -> float:
    return float((values * where).sum() / where.sum().clamp(min=1))
