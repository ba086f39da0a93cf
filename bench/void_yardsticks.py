"""VOID's networks: seconds and memory in every way of running, beside diffusers' own call.

    python bench/void_yardsticks.py                                          a small geometry, on a processor
    python bench/void_yardsticks.py --published --device cuda --dtype bfloat16 --reader

Weights are drawn: only times and memory mean anything, and nothing is said of what an old context does to a picture. A
call is one step of the sampler without guidance. Where tokens are left out, it is the mean over a whole step and those
that look at its keys and values. A close look shows the same region larger: its tokens are as many as are computed
there. A training step is forward, backward and CAME with checkpointing, weights in float32, under autocast where
--dtype is bfloat16.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXTransformer3DModel
from stopwatch import Stopwatch
from torch import Tensor

from cleanplate.engines.void.conditioning import model_input
from cleanplate.engines.void.padding import latents_of
from cleanplate.engines.void.sampler import Moment
from cleanplate.engines.void.sparing import Sparing, Tokens
from cleanplate.engines.void.velocity import Velocity
from cleanplate.models.codecs.cogvideox import CogVideoXCodec
from cleanplate.models.running.settings import Running
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import grown
from cleanplate.models.void.config import PATCH, PUBLISHED, STRIDE, VoidConfig
from cleanplate.models.void.footprint import Calls, footprint, multiplied
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.running import prepared
from cleanplate.train.void.batches import Latents
from cleanplate.train.void.objective import loss
from cleanplate.train.void.recipe import Recipe
from cleanplate.train.void.start import optimiser_of, start

SMALL = VoidConfig(heads=8, layers=4, text_dim=64)
STEPS = 30
_LEAST, _MOST = 0.4**2, 0.35
"""Parts of the picture: the smallest close look, and the most of it that may change; see `engines.void.framing`."""
_T5 = {"vocab_size": 32128, "d_model": 4096, "d_kv": 64, "d_ff": 10240, "num_layers": 24, "num_heads": 64}


class Bench(Stopwatch):
    """One geometry on one device.

    Args:
        size: frames, rows and columns of a window's latents.
    """

    def __init__(
        self, config: VoidConfig, size: tuple[int, int, int], device: torch.device, dtype: str, repeats: int
    ) -> None:
        super().__init__(device, repeats)
        self._config, self._size, self._device, self._dtype = config, size, device, dtype
        frames, rows, columns = size
        self._noisy = self._drawn(1, frames, config.channels, rows, columns)
        self._known = self._drawn(1, frames, 2 * config.channels, rows, columns)
        self._text = self._drawn(1, config.tokens, config.text_dim)

    def plain(self) -> Callable[[], object]:
        """By diffusers alone."""
        model = self._bare().to(self._kind)
        given = model_input(self._noisy, self._known).to(self._kind)
        text, time, places = self._text.to(self._kind), torch.tensor([500], device=self._device), self._places()
        return lambda: model(given, text, time, image_rotary_emb=places, return_dict=False)

    def running(self, **settings: Any) -> Callable[[], object]:
        """One call, everywhere."""
        ask = self._asking(settings)
        return lambda: ask(self._noisy, self._known, 500, Moment(0, STEPS, 0, 1))

    def sparing(self, area: float, economy: Economy) -> Callable[[], object]:
        """A whole step and those that look at it."""
        tokens = Tokens.of(grown(self._box(area), economy.ring, economy.ring_frames), economy)
        ask = self._asking({}, Sparing([tokens], economy))

        def calls() -> None:
            for step in range(economy.refresh):
                ask(self._noisy, self._known, 500, Moment(step, STEPS, 0, 1))

        return calls

    def training(self) -> Callable[[], object]:
        """A step of the optimiser, as the published recipe has it."""
        recipe = Recipe(transformer=self._config)
        with self._device:
            model = start(recipe)
        optimiser, half = optimiser_of(model, recipe.rates), self._kind != torch.float32
        latents = Latents(self._noisy, self._known, torch.randn_like(self._noisy), self._text, 0)

        def step() -> None:
            with torch.autocast(self._device.type, self._kind) if half else nullcontext():
                error = loss(model, latents, recipe)
            torch.autograd.backward(error)
            optimiser.step()
            optimiser.zero_grad()

        return step

    def encoding(self, tile: int | None) -> Callable[[], object]:
        """A clip of the window's size through the codec, piece by piece."""
        codec, (frames, rows, columns) = self._codec(tile), self._size
        piece = torch.zeros(1, 3, 1, rows * STRIDE[1], columns * STRIDE[2])
        length = 1 + (frames - 1) * STRIDE[0]
        return lambda: [*codec.encoding(lambda a, b: piece.expand(-1, -1, b - a, -1, -1), length)]

    def decoding(self, tile: int | None) -> Callable[[], object]:
        """And back; nothing is kept."""
        codec, latents = self._codec(tile), torch.zeros(1, self._config.channels, *self._size)

        def decode() -> None:
            for _ in codec.decoding(latents):
                pass

        return decode

    def reading(self) -> Callable[[], object]:
        """A text of T5's full length through its encoder, in 16 bits."""
        from transformers import T5Config, T5EncoderModel

        with self._device:
            model = T5EncoderModel(T5Config(**_T5, feed_forward_proj="gated-gelu")).bfloat16().eval()
        words = torch.ones((1, self._config.tokens), dtype=torch.long, device=self._device)
        return lambda: model(input_ids=words)

    def share(self, area: float, economy: Economy) -> float:
        """Of the tokens that are computed at every step."""
        return float(grown(self._box(area), economy.ring, economy.ring_frames).float().mean())

    @property
    def _kind(self) -> torch.dtype:
        kind: torch.dtype = getattr(torch, self._dtype)
        return kind

    def _bare(self) -> CogVideoXTransformer3DModel:
        with self._device:
            return CogVideoXTransformer3DModel(**self._config.arguments).eval()

    def _asking(self, settings: dict[str, Any], sparing: Sparing | None = None) -> Velocity:
        running = Running.model_validate({"dtype": self._dtype} | settings)
        model = prepared(self._bare(), running, self._device)
        return Velocity(model, lambda *size: self._places(), self._text, dtype=self._kind, sparing=sparing)

    def _places(self) -> tuple[Tensor, Tensor]:
        return rotary(self._config, *self._size, self._device)

    def _codec(self, tile: int | None) -> CogVideoXCodec:
        with self._device:
            return CogVideoXCodec(AutoencoderKLCogVideoX(latent_channels=self._config.channels).eval(), tile)

    def _box(self, area: float) -> Tensor:
        """A box of so much of every frame, in its middle; tokens."""
        grid = [side // step for side, step in zip(self._size, PATCH, strict=True)]
        tokens = torch.zeros(grid, dtype=torch.bool, device=self._device)
        sides = [max(1, round(side * area**0.5)) for side in grid[1:]]
        first = [(side - part) // 2 for side, part in zip(grid[1:], sides, strict=True)]
        tokens[:, first[0] : first[0] + sides[0], first[1] : first[1] + sides[1]] = True
        return tokens

    def _drawn(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self._device)


def main() -> int:
    """Run all of them."""
    asked = _arguments()
    torch.manual_seed(0)
    frames, rows, columns = map(int, asked.size.split("x"))
    window = latents_of(frames), rows // STRIDE[1], columns // STRIDE[2]
    config, device = PUBLISHED if asked.published else SMALL, torch.device(asked.device)
    bench = Bench(config, window, device, asked.dtype, asked.repeats)
    said = footprint(config, Calls(window), Running(dtype=asked.dtype))
    call, work = said.weights + said.activations + said.latents, multiplied(config, Calls(window))
    print(
        f"{asked.size} on {device} in {asked.dtype}, {config.layers} layers of {config.dim}; median of {asked.repeats}"
    )
    print(
        f"said: {call / 1e9:.2f} GB for a call, {said.codec / 1e9:.2f} GB for the codec, {work / 1e12:.2f} T operations"
    )
    bench.report("diffusers' own call", bench.plain)
    dense = bench.report("plainly", bench.running)
    _ways(bench, device)
    _regions(bench, dense)
    if asked.codec:
        for tile in (None, asked.tile):
            bench.report(f"codec, in, tile {tile}", partial(bench.encoding, tile))
            bench.report(f"codec, out, tile {tile}", partial(bench.decoding, tile))
    if asked.reader:
        bench.report("T5, one text", bench.reading)
    if asked.train:
        bench.report("training step", bench.training, learns=True)
    return 0


def _ways(bench: Bench, device: torch.device) -> None:
    settings: list[dict[str, Any]] = [{"fp8": True}, {"offload": True}, {"offload": True, "ahead": False}]
    settings += [{"fp8": True, "offload": True}]
    if device.type == "cuda":
        settings += [{"compiled": True}, {"attention": "flex"}]
    for way in settings:
        bench.report(" ".join(f"{name}={value}" for name, value in way.items()), partial(bench.running, **way))


def _regions(bench: Bench, dense: float) -> None:
    for area in (0.1, 0.3):
        close = min(_MOST, area / _LEAST)
        for name, part, economy in (
            (f"region {area:.0%}", area, Economy()),
            (f"region {area:.0%}, context thinned", area, Economy(near=2)),
            (f"region {area:.0%}, close look: {close:.0%}", close, Economy()),
        ):
            seconds = bench.report(name, partial(bench.sparing, part, economy), calls=economy.refresh)
            print(f"{'':44} {seconds / dense:9.2f} of plainly, {bench.share(part, economy):.0%} with its ring")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", action="store_true", help="the published geometry")
    parser.add_argument("--size", default="85x384x672", help="frames x rows x columns, 8 k + 5 frames")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tile", type=int, default=256, help="of the codec")
    parser.add_argument("--codec", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--reader", action=argparse.BooleanOptionalAction, default=False, help="9.5 GB of weights")
    parser.add_argument("--train", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
