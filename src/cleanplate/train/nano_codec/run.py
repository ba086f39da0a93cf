"""Training the autoencoder, from the first step to the folder that models name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.optim import AdamW

from cleanplate.models.codecs.nano import NanoAutoencoder, NanoCodec, save
from cleanplate.progress import Progress
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.feeding import steps_from
from cleanplate.train.loop import Loop, Preview
from cleanplate.train.nano_codec.pictures import PictureDataset, held_back
from cleanplate.train.nano_codec.recipe import Recipe
from cleanplate.train.order import Portion, Purpose, drawn
from cleanplate.train.sheet import sheet_of

if TYPE_CHECKING:
    from accelerate import Accelerator

DATA = "stock"
_SHOWN, _ROW = 16, 8
"""Pictures of a preview, in rows of so many."""
_MOST = 80.0
"""Decibels that a picture counts at most, which flat ones would exceed."""
_MEASURED = 20
"""Steps of pictures over which latents are measured."""


def train(recipe: Recipe, out: Path, data: Path | None = None, *, progress: Progress | None = None) -> Path:
    """Run the recipe, or go on where a run in the same folder was stopped.

    Args:
        out: folder of the run: checkpoints, curves, previews and, in the end, the autoencoder.
        data: folder of stock, which vera-nano's runs may share; in `out` otherwise.

    Returns:
        the folder of the autoencoder.

    Raises:
        InputError: damaged data, or a run there with another recipe.
        ResourceError: a package is missing.
        CleanplateError: the loss is no number any more.
    """
    accelerator = accelerator_of(recipe.precision, recipe.sharding, _Learning)
    torch.manual_seed(recipe.seed)
    bare, rates = _Learning(recipe.shape), recipe.rates
    optimiser = AdamW(bare.parameters(), rates.new, betas=rates.betas, weight_decay=rates.decay, fused=True)
    method = _Pictures(recipe, data or out / DATA, accelerator)
    return Loop(method, bare, optimiser, recipe=recipe, accelerator=accelerator, out=out).run(progress)


class _Learning(NanoAutoencoder):
    """Reads and draws in one call: processes share the gradients of what goes through `forward`, and of no more."""

    def forward(self, pictures_B3HW: Tensor, noise_BCHW: Tensor | float = 0.0) -> tuple[Tensor, Tensor]:
        """The latents, and what is drawn of them and noise."""
        latents_BCHW = self.encode(pictures_B3HW)
        return latents_BCHW, self.decode(latents_BCHW + noise_BCHW)


class _Pictures:
    """Implements `Method`: pictures, read and drawn again."""

    result = "model"

    def __init__(self, recipe: Recipe, data: Path, accelerator: Accelerator) -> None:
        self._recipe, self._data, self._device = recipe, data, accelerator.device
        rank, ranks = accelerator.process_index, accelerator.num_processes
        self._pictures = PictureDataset(data, recipe, rank=rank, ranks=ranks)
        self._portion = Portion(recipe.clips.batch * recipe.pictures.each, rank, ranks)
        self._held: list[Tensor] | None = None

    def examples(self, steps: range) -> Iterator[list[Tensor]]:
        """See `Method`."""
        return steps_from(self._pictures, steps, self._recipe.clips.workers)

    def parts(self, examples: Sequence[Tensor]) -> list[Sequence[Tensor]]:
        """See `Method`."""
        return [examples]

    def losses(self, model: nn.Module, part: Sequence[Tensor], step: int) -> dict[str, Tensor]:
        """Of colours, of differences between neighbours, and the size of the latents."""
        pictures = self._signed(part)
        latents, drawn_again = model(pictures, self._recipe.noise * self._noise(step))
        wrong = drawn_again - pictures
        steep = wrong.diff(dim=-1).abs().mean() + wrong.diff(dim=-2).abs().mean()
        return {
            "colour": wrong.abs().mean() + wrong.square().mean() / 2,
            "steep": steep,
            "size": latents.square().mean(),
        }

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """See `Method`."""
        return errors["colour"] + self._recipe.steep * errors["steep"] + self._recipe.size * errors["size"]

    @torch.no_grad()
    def preview(self, model: nn.Module) -> Preview:
        """Pictures that are held back, drawn again: in a row of true ones above what became of them."""
        if self._held is None:
            self._held = held_back(self._data, self._recipe)
        pictures = self._signed(self._held)
        drawn_again = model(pictures)[1].clamp(-1, 1)
        wrong = ((drawn_again - pictures) / 2).square().mean(dim=(1, 2, 3))
        decibels = -10 * torch.log10(wrong.clamp(min=10 ** (-_MOST / 10)))
        figures = {"psnr": float(decibels.mean()), "psnr of all": float(-10 * torch.log10(wrong.mean()))}
        return Preview(figures, sheet_of((torch.stack((pictures[:_SHOWN], drawn_again[:_SHOWN])) + 1) / 2, _ROW))

    @torch.no_grad()
    def deliver(self, weights: dict[str, Tensor], place: Path) -> None:
        """With the mean and deviation of latents of the first clips."""
        autoencoder = NanoAutoencoder(self._recipe.shape)
        autoencoder.load_state_dict(weights)
        everything = PictureDataset(self._data, self._recipe)
        shown = [picture for step in range(_MEASURED) for picture in everything[step]]
        autoencoder.measure(self._signed(shown).cpu())
        save(autoencoder, place)

    def _noise(self, step: int) -> Tensor:
        """For latents of this process's pictures: its part of what is drawn for all of a step's."""
        recipe, (_, down, across) = self._recipe, NanoCodec.stride
        size = self._portion.batch, recipe.shape.channels, recipe.clips.rows // down, recipe.clips.columns // across
        noise = drawn(recipe.seed, Purpose.NOISE, step).standard_normal(size, dtype="float32")
        return torch.from_numpy(noise[self._portion.within]).to(self._device)

    def _signed(self, pictures: Sequence[Tensor]) -> Tensor:
        """B x 3 x H x W in -1..1."""
        return torch.stack(list(pictures)).to(self._device).float() / 127.5 - 1
