"""Asking the model about a window."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.void_nano.settings import Second, Settings
from cleanplate.engines.void_nano.telling import Told
from cleanplate.masks.labels import KEEP
from cleanplate.models.catalogue.system import System
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.ask import Asking, ask, ask_again, reach_of
from cleanplate.models.moving.domain import Domain, domain_of
from cleanplate.models.moving.facts import ANSWERED
from cleanplate.models.moving.scene import told


@dataclass(frozen=True)
class Asked:
    """What the model said, and how it was asked.

    Attributes:
        question: the `inside` of its reach has the pixels for which the model said anything.
        said: T x 6 x H x W.
    """

    question: Asking
    said: Tensor

    def domain(self) -> Domain:
        """Whether the clip is like what it has learned from; asks once more."""
        return domain_of(self.question, self.said)

    def again(self, noise: Tensor, second: Second) -> Tensor:
        """What the model says when it goes on from what it said, under other noise; T x 6 x H x W.

        Args:
            noise: 1 x 6 x T x H x W, standard normal.
        """
        settings = self.question.settings.model_copy(update={"steps": second.steps})
        other = replace(self.question, settings=settings, noise=noise.to(self.question.scene.device))
        return ask_again(other, self.said, second.level)


def asked(model: Mixture, system: System, given: Told, settings: Settings, seed: int) -> Asked | None:
    """Ask; None where nothing may change on the model's grid."""
    sampling, device = settings.sampling(system.sampling), torch.device(device_name())
    changes, economy = torch.from_numpy(given.labels != KEEP).to(device), sampling.economy
    reach = None if economy is None else reach_of(changes, system.transformer.patch, economy)
    if reach is None:
        return None
    noise = noise_of(seed, (ANSWERED, *given.labels.shape))[None].to(device)
    scene = told(given.plate, given.clean, given.labels, system.mask).to(device)
    question = Asking(model, scene, reach, sampling, noise, settings.rigid)
    return Asked(question, ask(question))


def noise_of(seed: int, shape: tuple[int, ...]) -> Tensor:
    """Standard normal, the same on every device."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape, np.float32))
