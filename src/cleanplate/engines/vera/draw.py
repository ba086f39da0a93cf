"""One window: from plate, region and text to edit, alpha and composite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cleanplate.models.catalogue.system import System
from cleanplate.models.codecs.protocol import Codec, Size, as_alpha, as_gray, cut, fit, latents_touched
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sampling.question import Known, Question, Videos
from cleanplate.models.sampling.sampler import Moment, sample
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.region import Region, touched

EDIT, ALPHA, COMPOSITE, SOURCE, PRESERVE = "edit", "alpha", "composite", "source", "preserve"
BRANCHES = (EDIT, ALPHA, COMPOSITE)
_SHOWN = 0.5
"""Of a pixel, which counts then as what it shows."""


@dataclass(frozen=True)
class Drawn:
    """What a window came to.

    Attributes:
        edit_3THW, composite_3THW: R'G'B' in 0..1.
        alpha_THW: 0..1.
    """

    edit_3THW: Tensor
    alpha_THW: Tensor
    composite_3THW: Tensor


@dataclass(frozen=True)
class Scenery:
    """What a window starts from.

    Attributes:
        source_3THW: the plate, in -1..1.
        region_THW: bool: where anything may change.
        head: what the window before has drawn of the first frames, 1 + k x the codec's stride of them, or None.
        seed: of its noise.
        kept_THW: 0..1: how much of each pixel shows what was found to stay; None where nothing was looked for.
    """

    source_3THW: Tensor
    region_THW: Tensor
    head: Drawn | None
    seed: int
    kept_THW: Tensor | None = None


class Draughtsman:
    """Draws windows.

    Args:
        texts: the encoded instruction, and what guidance leads away from (None without guidance); 1 x S x D.
        masked: the region is told to the model; without it the model is told of what was found to stay, if anything.
        judged: what is left empty is an answer like others; otherwise it is an error.
    """

    def __init__(
        self,
        model: Mixture,
        codec: Codec,
        system: System,
        *,
        texts: tuple[Tensor, Tensor | None],
        settings: Sampling,
        masked: bool,
        judged: bool = False,
    ) -> None:
        self._model, self._codec, self._system = model, codec, system
        self._texts, self._settings, self._masked, self._judged = texts, settings, masked, judged
        self._device = next(model.parameters()).device

    def draw(self, scenery: Scenery, watch: Callable[[Moment], None] | None = None) -> Drawn:
        """Edit, alpha and composite of every frame.

        Outside the latents that the region touches the composite is the plate all along; there, before they are
        decoded, the edit becomes the plate and alpha nothing, so that no noise bleeds in.

        Raises:
            CleanplateError: nothing sensible came out.
        """
        video, size = self._fitted(scenery.source_3THW)
        region_THW = self._fitted(scenery.region_THW[None].float())[0][0, 0] > 0
        inside_THW = latents_touched(region_THW, self._codec.stride).to(self._device)
        source, nothing = self._encoded(video), self._encoded(as_gray(torch.zeros_like(region_THW[None].float())))
        elsewhere = {EDIT: source, ALPHA: nothing, COMPOSITE: source}
        known = self._known(source, inside_THW, scenery.head)
        question = Question(
            *self._on_device(self._texts),
            conditions=self._conditions(source, region_THW, scenery.kept_THW),
            known=known,
            region=self._region(inside_THW),
            content_THW=self._asked(inside_THW, known),
        )
        noise = {name: part.to(self._device) for name, part in noise_of(source.shape, scenery.seed).items()}
        latents = sample(self._model, noise, question, self._settings, prediction=self._system.prediction, watch=watch)
        videos = {
            name: cut(self._codec.decode(torch.where(inside_THW, latents[name], elsewhere[name])).cpu(), size)
            for name in elsewhere
        }
        edit, composite = (((videos[name][0] + 1) / 2).clamp(0, 1) for name in (EDIT, COMPOSITE))
        return Drawn(edit, as_alpha(videos[ALPHA])[0], composite)

    def _fitted(self, video_CTHW: Tensor, together: int | None = None) -> tuple[Tensor, Size]:
        """A batch of one, its edges repeated until stride and patch fit, and what to cut it back to.

        Args:
            together: latent frames of which there shall be a multiple; a patch's otherwise.
        """
        together = together or self._system.transformer.patch[0]
        return fit(video_CTHW[None], (self._codec.stride[0], *self._system.multiple), together)

    def _encoded(self, video_B3THW: Tensor) -> Tensor:
        return self._codec.encode(video_B3THW).to(self._device)

    def _on_device(self, texts: tuple[Tensor, Tensor | None]) -> tuple[Tensor, Tensor | None]:
        text, negative = texts
        return text.to(self._device), None if negative is None else negative.to(self._device)

    def _conditions(self, source: Tensor, region_THW: Tensor, kept_THW: Tensor | None) -> Videos:
        """The plate, and what is to stay of it if that is known."""
        stays_THW = ~region_THW
        if kept_THW is not None:
            stays_THW = stays_THW | (self._fitted(kept_THW[None])[0][0, 0] > _SHOWN)
        elif not self._masked:
            return {SOURCE: source}
        return {SOURCE: source, PRESERVE: self._encoded(as_gray(stays_THW[None].float()))}

    def _known(self, source: Tensor, inside_THW: Tensor, head: Drawn | None) -> dict[str, Known]:
        """The composite outside the region, and all of the frames that are drawn already."""
        if head is None:
            return {COMPOSITE: Known(source, ~inside_THW)}
        drawn = {
            EDIT: head.edit_3THW[None] * 2 - 1,
            ALPHA: as_gray(head.alpha_THW[None]),
            COMPOSITE: head.composite_3THW[None] * 2 - 1,
        }
        known = {}
        for name, video in drawn.items():
            start = self._encoded(self._fitted(video[0], together=1)[0])
            latents, where = source.clone(), torch.zeros_like(inside_THW)
            latents[:, :, : start.shape[2]] = start
            where[: start.shape[2]] = True
            known[name] = Known(latents, where | ~inside_THW if name == COMPOSITE else where)
        return known

    def _asked(self, inside_THW: Tensor, known: dict[str, Known]) -> Tensor:
        """Where something has to come of it."""
        if self._judged:
            return torch.zeros_like(inside_THW)
        return inside_THW & ~known[EDIT].where_THW if EDIT in known else inside_THW

    def _region(self, inside_THW: Tensor) -> Region | None:
        economy = self._settings.economy
        if economy is None:
            return None
        return Region.of(touched(inside_THW, self._system.transformer.patch), economy)


def noise_of(shape: tuple[int, ...], seed: int) -> Videos:
    """Standard normal for every branch; drawn on the CPU, so that it is the same on every device."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) for name in BRANCHES}
