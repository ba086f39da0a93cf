"""Vera beside what it is measured against: Wan2.1's text to video alone (one branch) and diffusers' Wan-VACE.

    python bench/yardsticks.py                                                  a small geometry, on a processor
    python bench/yardsticks.py --model vera-1.3b --size 49x480x832 --device cuda --dtype bfloat16

Weights are drawn: only times and memory mean anything. A call is one step of the sampler without guidance; region
compute is the mean over a refreshed call and the three that reuse its context. A training step is forward, backward
and AdamW with checkpointing, weights in float32, under autocast where --dtype is bfloat16.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext

import torch
from stopwatch import Stopwatch
from torch import Tensor, nn

from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.table import model as row
from cleanplate.models.codecs.protocol import Size, latent_size
from cleanplate.models.mixture.config import MixtureConfig, layered
from cleanplate.models.mixture.initial import initialise
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import Region
from cleanplate.models.tokens.memory import Memory
from cleanplate.train.vera.objective import Latents, draw_noise, losses, total
from cleanplate.train.vera.recipe import Recipe

SMALL = System(transformer=layered("shared", dim=192, layers=6, heads=3, ffn_dim=768, channels=16, text_dim=64))
TEXT_TOKENS = 512
BRANCHES = ("edit", "alpha", "composite")
_VACE_CHANNELS = 96
"""Of VACE's control: the latents of what stays and of what goes, and the mask, folded to the latents' grid."""


class Bench(Stopwatch):
    """One geometry on one device.

    Attributes:
        shape: of the latents, B x C x T x H x W.
    """

    def __init__(self, system: System, size: Size, device: str, dtype: torch.dtype, repeats: int) -> None:
        super().__init__(torch.device(device), repeats)
        self._system, self._device, self._dtype = system, torch.device(device), dtype
        self.shape = (1, system.transformer.channels, *latent_size(size, system.stride))
        self._time = torch.full((1,), 500.0, device=self._device)

    def drawn(self, *shape: int, dtype: torch.dtype | None = None) -> Tensor:
        """Standard normal."""
        return torch.randn(*shape, device=self._device, dtype=dtype or self._dtype)

    @property
    def text(self) -> Tensor:
        """Of one instruction."""
        return self.drawn(1, TEXT_TOKENS, self._system.transformer.text_dim)

    def wan(self) -> Callable[[], object]:
        """One branch, by diffusers."""
        from diffusers import WanTransformer3DModel

        return self._by_diffusers(WanTransformer3DModel, {}, {})

    def vace(self) -> Callable[[], object]:
        """The same with VACE's control, in every second layer as published."""
        from diffusers import WanVACETransformer3DModel

        layers = list(range(0, self._system.transformer.layers, 2))
        control = self.drawn(1, _VACE_CHANNELS, *self.shape[2:])
        more = {"vace_layers": layers, "vace_in_channels": _VACE_CHANNELS}
        return self._by_diffusers(WanVACETransformer3DModel, more, {"control_hidden_states": control})

    def dense(self) -> Callable[[], object]:
        """All three branches, everywhere."""
        model, videos, text = self._mixture(), self._videos(), self.text
        given = {"source": self.drawn(*self.shape)}
        return lambda: model(videos, self._time, text, given)

    def sparse(self, area: float, near: int | None) -> Callable[[], object]:
        """A refreshed call and three that reuse the context."""
        economy = Economy(near=near)
        model, videos, text, given = self._mixture(), self._videos(), self.text, {"source": self.drawn(*self.shape)}
        region, memory = Region.of(self._box(area), economy), Memory()

        def calls() -> None:
            for step in range(economy.refresh):
                shares = region.shares(BRANCHES, economy.phase(step, 50))
                model(videos, self._time, text, given, shares=shares, memory=memory)

        return calls

    def training(self) -> Callable[[], object]:
        """A step of the optimiser."""
        recipe = Recipe(system=self._system)
        with self._device:
            model = Mixture(self._system.transformer)
        initialise(model, torch.Generator(self._device).manual_seed(0)).train().checkpointing = True
        optimiser = torch.optim.AdamW(model.parameters(), fused=True)
        clean = {name: self.drawn(*self.shape, dtype=torch.float32) for name in BRANCHES}
        conditions = {name: self.drawn(*self.shape, dtype=torch.float32) for name in ("source", "preserve")}
        latents = Latents(clean, conditions, {}, self.text.float(), [0])
        half = self._dtype != torch.float32

        def step() -> None:
            with torch.autocast(self._device.type, self._dtype) if half else nullcontext():
                errors = losses(model, latents, draw_noise(latents, recipe), recipe)
            torch.autograd.backward(total(errors, recipe))
            optimiser.step()
            optimiser.zero_grad()

        return step

    def _by_diffusers(
        self, kind: type[nn.Module], more: dict[str, object], given: dict[str, Tensor]
    ) -> Callable[[], object]:
        with self._device:
            model = kind(**_wans(self._system.transformer), **more).to(self._dtype).eval()
        video, text = self.drawn(*self.shape), self.text
        return lambda: model(hidden_states=video, timestep=self._time, encoder_hidden_states=text, **given)

    def _mixture(self) -> Mixture:
        with self._device:
            model = Mixture(self._system.transformer)
        return initialise(model, torch.Generator(self._device).manual_seed(0)).to(self._dtype).eval()

    def _videos(self) -> dict[str, Tensor]:
        return {name: self.drawn(*self.shape) for name in BRANCHES}

    def _box(self, area: float) -> Tensor:
        """A box of so much of every frame, in its middle; tokens."""
        grid = [side // patch for side, patch in zip(self.shape[2:], self._system.transformer.patch, strict=True)]
        tokens = torch.zeros(grid, dtype=torch.bool, device=self._device)
        sides = [max(1, round(side * area**0.5)) for side in grid[1:]]
        first = [(side - part) // 2 for side, part in zip(grid[1:], sides, strict=True)]
        tokens[:, first[0] : first[0] + sides[0], first[1] : first[1] + sides[1]] = True
        return tokens


def _wans(config: MixtureConfig) -> dict[str, object]:
    """The geometry in diffusers' words."""
    return {
        "patch_size": config.patch,
        "num_attention_heads": config.heads,
        "attention_head_dim": config.head_dim,
        "in_channels": config.channels,
        "out_channels": config.channels,
        "text_dim": config.text_dim,
        "freq_dim": config.frequency_dim,
        "ffn_dim": config.ffn_dim,
        "num_layers": config.layers,
    }


def main() -> int:
    """Run all of them."""
    asked = _arguments()
    system = SMALL if asked.model is None else row(asked.model).system
    size = Size(*map(int, asked.size.split("x")))
    bench = Bench(system, size, asked.device, getattr(torch, asked.dtype), asked.repeats)
    refresh = Economy().refresh
    print(f"{size} on {asked.device} in {asked.dtype}, a region of {asked.area:.0%}; median of {asked.repeats}")
    bench.report("Wan, text to video", bench.wan)
    bench.report("Wan-VACE", bench.vace)
    bench.report("Vera, dense", bench.dense)
    bench.report("Vera, region, whole context", lambda: bench.sparse(asked.area, None), calls=refresh)
    bench.report("Vera, region, context thinned", lambda: bench.sparse(asked.area, 2), calls=refresh)
    if asked.train:
        bench.report("Vera, training step", bench.training, learns=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Vera beside Wan's text to video and Wan-VACE.")
    parser.add_argument("--model", help="row of the table; a small geometry otherwise")
    parser.add_argument("--size", default="9x128x224", help="frames x rows x columns")
    parser.add_argument("--area", type=float, default=0.1, help="part of every frame that may change")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--train", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
