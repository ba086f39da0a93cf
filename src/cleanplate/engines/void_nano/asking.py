"""Asking the model about a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.void_nano.settings import Second, Settings
from cleanplate.engines.void_nano.telling import Told
from cleanplate.masks.labels import KEEP
from cleanplate.models.catalogue.system import System
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.ask import Reach, ask, ask_again, reach_of
from cleanplate.models.moving.domain import Domain, domain_of
from cleanplate.models.moving.facts import ANSWERED
from cleanplate.models.moving.scene import told
from cleanplate.models.sampling.settings import Sampling


@dataclass(frozen=True)
class Asked:
    """What the model said, and how it was asked.

    Attributes:
        reach: `inside` has the pixels for which it said anything.
        rigid: whether things are kept whole.
        said: T x 6 x H x W.
    """

    model: Mixture
    scene: Tensor
    noise: Tensor
    sampling: Sampling
    reach: Reach
    rigid: bool
    said: Tensor

    def domain(self) -> Domain:
        """Whether the clip is like what it has learned from; asks once more."""
        return domain_of(
            self.model, self.scene, self.reach, self.sampling, noise=self.noise, said=self.said, rigid=self.rigid
        )

    def again(self, noise: Tensor, second: Second) -> Tensor:
        """What the model says when it goes on from what it said, under other noise; T x 6 x H x W.

        Args:
            noise: 1 x 6 x T x H x W, standard normal.
        """
        sampling = self.sampling.model_copy(update={"steps": second.steps})
        noise = noise.to(self.scene.device)
        return ask_again(
            self.model, self.scene, self.reach, sampling, noise, said=self.said, level=second.level, rigid=self.rigid
        )


def asked(model: Mixture, system: System, given: Told, settings: Settings, seed: int) -> Asked | None:
    """Ask; None where nothing may change on the model's grid."""
    sampling, device = settings.sampling(system.sampling), torch.device(device_name())
    changes, economy = torch.from_numpy(given.labels != KEEP).to(device), sampling.economy
    reach = None if economy is None else reach_of(changes, system.transformer.patch, economy)
    if reach is None:
        return None
    noise = noise_of(seed, (ANSWERED, *given.labels.shape))[None].to(device)
    scene = told(given.plate, given.clean, given.labels, system.mask).to(device)
    said = ask(model, scene, reach, sampling, noise, rigid=settings.rigid)
    return Asked(model, scene, noise, sampling, reach, settings.rigid, said)


def noise_of(seed: int, shape: tuple[int, ...]) -> Tensor:
    """Standard normal, the same on every device."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape, np.float32))
