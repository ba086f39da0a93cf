"""What each way to sample faster saves and costs, against the plain path, in one run.

    python bench/models.py                                       drawn weights: times only
    python bench/models.py --weights FOLDER --clips FOLDER       a trained model on layered clips: differences too
    python bench/models.py --model vera-1.3b --size 49x480x832 --device cuda --only "region;first-block"

With drawn weights differences mean nothing and are not shown. Of clips, seconds are the mean, PSNR (of the edit's
colours, inside the region alone) its 5th percentile, alpha's mean error there the 95th.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.catalogue.table import model as row
from cleanplate.models.catalogue.written import read_system
from cleanplate.models.codecs.protocol import Codec, Size, as_alpha, latent_size, latents_touched
from cleanplate.models.footprint import Region as Parts
from cleanplate.models.footprint import footprint
from cleanplate.models.mixture.config import layered
from cleanplate.models.mixture.initial import initialise
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.running.prepare import prepared
from cleanplate.models.running.settings import Running
from cleanplate.models.sampling.question import Question
from cleanplate.models.sampling.sampler import Moment, sample
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.caching import Caching
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import Region, touched
from cleanplate.models.store.loading import load
from cleanplate.models.store.mixtures import codec_of, text_encoder_of
from cleanplate.train.texts import KeptTexts
from cleanplate.train.vera.batches import Batcher
from cleanplate.train.vera.clips import ExampleDataset, samples_of
from cleanplate.train.vera.recipe import Clips, Recipe
from cleanplate.worlds.formats.vera_layout import VeraDataset

SMALL = System(
    transformer=layered("shared", dim=64, layers=4, heads=2, ffn_dim=256, channels=24, text_dim=64),
    codec="pixel",
    stride=(2, 2, 2),
    limits=Limits(frames=15, pixels=64 * 112),
    prediction="sample",
    sampling=Sampling(steps=8, guidance=1.0, shift=3.0, solver="euler"),
)
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Way:
    """One way: what is changed of the sampler's settings and of how the model runs, and what context the region has."""

    sampling: dict[str, Any]
    running: dict[str, Any]
    context: bool = True


FIRST, TAYLOR = Caching(threshold=0.2, warmup=2), Caching(threshold=None, warmup=2, skips=2)
PATHS = {
    "plain": Way({}, {}),
    "region": Way({"economy": Economy()}, {}),
    "region, no context": Way({"economy": Economy()}, {}, context=False),
    "first-block": Way({"cache": FIRST}, {}),
    "first-block, order 0": Way({"cache": FIRST.model_copy(update={"order": 0})}, {}),
    "taylor": Way({"cache": TAYLOR}, {}),
    "taylor, order 0": Way({"cache": TAYLOR.model_copy(update={"order": 0})}, {}),
    "region + first-block": Way({"economy": Economy(), "cache": FIRST}, {}),
    "region + taylor": Way({"economy": Economy(), "cache": TAYLOR}, {}),
    "batched": Way({"batched": True}, {}),
    "guided 0.5": Way({"guided": 0.5}, {}),
    "fp8": Way({}, {"fp8": True}),
    "offload": Way({}, {"offload": True}),
    "compiled": Way({}, {"compiled": True}),
    **{name: Way({}, {"attention": name}) for name in ("flex", "flash", "sage", "xformers")},
}
SELDOM = {"compiled", "flex", "flash", "sage", "xformers", "first-block, order 0", "taylor, order 0"}
"""Slow to start, not installed everywhere, or of use with trained weights alone."""
GUIDED = ("batched", "guided 0.5")


@dataclass(frozen=True)
class Task:
    """One clip: what is asked, the noise, and the tokens that may change."""

    question: Question
    noise: dict[str, Tensor]
    tokens: Tensor


@dataclass(frozen=True)
class Drawn:
    """One sample: its latents, seconds, what was told last, and peak bytes on the device (0 on a processor)."""

    latents: dict[str, Tensor]
    seconds: float
    told: Moment
    peak: int


def drawn_task(system: System, size: Size, area: float, device: torch.device) -> Task:
    """Noise for everything, and a box of that part of the picture that may change."""
    grid, config = latent_size(size, system.stride), system.transformer
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).to(device)

    shape = (1, config.channels, *grid)
    tokens = torch.zeros(*(side // step for side, step in zip(grid, config.patch, strict=True)), dtype=torch.bool)
    rows, columns = (max(1, round(side * area**0.5)) for side in tokens.shape[1:])
    tokens[:, :rows, :columns] = True
    text, negative = draw(1, 64, config.text_dim), draw(1, 64, config.text_dim)
    conditions = {"source": draw(*shape)} if "source" in config.conditions else {}
    noise = {branch.name: draw(*shape) for branch in config.branches}
    return Task(Question(text, negative, conditions), noise, tokens.to(device))


def clip_tasks(system: System, folder: Path, size: Size, weights: Path, device: torch.device) -> Iterator[Task]:
    """The first frames of every layered clip of a folder; what truly changes is what may."""
    clips = Clips(frames=size.frames, rows=size.rows, columns=size.columns, batch=1)
    recipe = Recipe(system=system, clips=clips, drop_text=0, drop_mask=0)
    data = ExampleDataset(samples_of([VeraDataset.of_folder(folder)]), recipe)
    texts = KeptTexts(text_encoder_of(system, weights))
    batcher = Batcher(recipe, codec_of(system, weights), texts, device)
    for index in range(len(data.samples)):
        example = data.whole(index)
        latents = batcher.latents([example])
        changed = latents_touched(example.alpha > 0, system.stride)
        shown = {name: video for name, video in latents.conditions.items() if bool(latents.present.get(name, True))}
        generator = torch.Generator().manual_seed(index)
        noise = {n: torch.randn(x.shape, generator=generator).to(device) for n, x in latents.clean.items()}
        question = Question(latents.text_BSD, texts.of([""]).to(device), shown)
        yield Task(question, noise, touched(changed, system.transformer.patch).to(device))


def region_of(task: Task, path: Way) -> Region | None:
    """The tokens that the path computes, if it computes some alone."""
    economy = path.sampling.get("economy")
    if economy is None:
        return None
    region = Region.of(task.tokens, economy)
    return region if path.context else replace(region, context=region.context[:0])


def draw(model: Mixture, system: System, task: Task, path: Way, settings: Sampling) -> Drawn:
    """Sample one clip by one path."""
    moments: list[Moment] = []
    question = replace(task.question, region=region_of(task, path))
    device = task.tokens.device
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    latents = sample(
        model,
        task.noise,
        question,
        settings.model_copy(update=path.sampling),
        prediction=system.prediction,
        watch=moments.append,
    )
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    seconds = time.perf_counter() - start
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return Drawn(latents, seconds, moments[-1], peak)


def differences(task: Task, system: System, codec: Codec, one: Drawn, other: Drawn) -> tuple[float, float]:
    """Inside the region: PSNR of the edit in dB, and alpha's mean error."""
    pixels = _pixels(task.tokens, system)
    edit, again = (((codec.decode(drawn.latents["edit"]) + 1) / 2).clamp(0, 1) for drawn in (one, other))
    alpha, alpha_again = (as_alpha(codec.decode(drawn.latents["alpha"])) for drawn in (one, other))
    wrong = (edit - again)[:, :, pixels].square().mean().clamp(min=1e-10)
    return float(-10 * torch.log10(wrong)), float((alpha - alpha_again)[:, pixels].abs().mean())


def adjusted(path: Way, asked: argparse.Namespace) -> Way:
    """The path with what is asked for of its region and its caching."""
    sampling = dict(path.sampling)
    if "economy" in sampling:
        changes = {name: getattr(asked, name) for name in ("ring", "ring_frames", "refresh")}
        sampling["economy"] = replace(sampling["economy"], **_given(changes))
    if "cache" in sampling:
        changes = {name: getattr(asked, name) for name in ("warmup", "skips")}
        sampling["cache"] = sampling["cache"].model_copy(update=_given(changes))
    return replace(path, sampling=sampling)


def _given(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if value is not None}


def report(name: str, plain: list[Drawn], drawn: list[Drawn], wrong: list[tuple[float, float]], said: int) -> None:
    """One line."""
    seconds, first = (float(np.mean([one.seconds for one in each])) for each in (drawn, plain))
    told = drawn[-1].told
    line = f"{name:<22} {seconds:8.2f} s {first / seconds:6.2f}x  {told.calls:4d} calls, {told.skipped:3d} skipped"
    if wrong:
        psnr, alpha = np.array(wrong).T
        line += f"  edit {np.percentile(psnr, 5):5.1f} dB, alpha {np.percentile(alpha, 95):.4f}"
    peak = max(one.peak for one in drawn)
    print(line + f"  said {said / 1e9:.2f} GB" + (f", took {peak / 1e9:.2f} GB" if peak else ""), flush=True)


def main() -> int:
    """Run every path on every clip."""
    asked = _arguments()
    device, trained = torch.device(asked.device), asked.weights is not None
    make, system = _maker(asked)
    size = Size(*map(int, asked.size.split("x"))) if asked.size else _size_of(system)
    tasks = [drawn_task(system, size, asked.area, device)]
    if trained and asked.clips:
        tasks = list(clip_tasks(system, asked.clips, size, asked.weights, device))
    codec = codec_of(system, asked.weights) if trained else None
    chosen = {name: getattr(asked, name) for name in ("steps", "guidance", "shift", "solver")}
    settings = system.sampling.model_copy(update=_given(chosen))
    area = float(torch.stack([task.tokens.float().mean() for task in tasks]).mean())
    print(f"{len(tasks)} clips of {size}, {tasks[0].tokens.numel()} tokens a branch, {area:.0%} edited, {settings}")
    if not trained:
        print("DRAWN WEIGHTS: only times and memory mean anything")
    usual = [name for name in PATHS if name not in SELDOM]
    plain: list[Drawn] = []
    for name in dict.fromkeys(["plain", *(asked.only.split(";") if asked.only else usual)]):
        path = adjusted(PATHS[name], asked)
        if name in GUIDED and settings.guidance <= 1:
            continue
        running = Running(dtype=asked.dtype, **path.running)
        model = prepared(make(), running, device)
        if asked.warm or path.running:
            draw(model, system, tasks[0], path, settings.model_copy(update={"steps": 2}))
        drawn = [draw(model, system, task, path, settings) for task in tasks]
        plain = plain or drawn
        wrong = (
            []
            if codec is None
            else [differences(task, system, codec, a, b) for task, a, b in zip(tasks, plain, drawn, strict=True)]
        )
        share = Parts(area, 1 - area if path.context else 0.0)
        grid = (tasks[0].tokens.shape[0], tasks[0].tokens.shape[1], tasks[0].tokens.shape[2])
        said = footprint(system, grid, running, settings.model_copy(update=path.sampling), share)
        report(name, plain, drawn, wrong, said.weights + said.activations + said.kept + said.latents)
    return 0


def _pixels(tokens_THW: Tensor, system: System) -> Tensor:
    """The tokens' samples of the video; T x H x W bool."""
    inside = tokens_THW
    for axis, (patch, step) in enumerate(zip(system.transformer.patch, system.stride, strict=True)):
        inside = inside.repeat_interleave(patch * step, axis)
    return inside[system.stride[0] - 1 :]


def _maker(asked: argparse.Namespace) -> tuple[Callable[[], Mixture], System]:
    """What makes the model anew for every path, and its system."""
    if asked.weights is not None:
        return lambda: load(asked.weights)[0], read_system(asked.weights)
    system = SMALL if asked.model is None else row(asked.model).system

    def make() -> Mixture:
        with torch.device(asked.device):
            model = Mixture(system.transformer)
        model = initialise(model, torch.Generator(asked.device).manual_seed(0)).to(DTYPES[asked.dtype]).eval()
        for head in model.outputs.parameters():  # a new head predicts nothing, which the guard would refuse
            torch.nn.init.normal_(head, std=0.02)
        return model

    return make, system


def _size_of(system: System) -> Size:
    """The largest 4:7 picture of the system's limits that it fits."""
    rows, columns = system.multiple
    tall = int((system.limits.pixels * 4 / 7) ** 0.5)
    return Size(system.limits.frames, tall // rows * rows, system.limits.pixels // tall // columns * columns)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What each way to sample faster saves and costs.")
    parser.add_argument("--weights", type=Path, help="folder of a trained model; else weights are drawn")
    parser.add_argument("--clips", type=Path, help="folder of layered clips in Vera's layout, for a trained model")
    parser.add_argument("--model", help="row of the table whose geometry is drawn")
    parser.add_argument("--size", help="frames x rows x columns; the system's limits otherwise")
    parser.add_argument("--area", type=float, default=0.1, help="part of the tokens that may change, without clips")
    parser.add_argument("--ring", type=int, help="tokens round the region that are edited with it")
    parser.add_argument("--ring-frames", type=int, help="the same in time")
    parser.add_argument("--refresh", type=int, help="the context is computed at every so manieth step")
    parser.add_argument("--warmup", type=int, help="calls before the first that a cache leaves out")
    parser.add_argument("--skips", type=int, help="calls in a row that a cache leaves out")
    parser.add_argument("--steps", type=int, help="else the system's, as all of the sampler's settings")
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--shift", type=float)
    parser.add_argument("--solver", choices=["unipc", "euler"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=sorted(DTYPES), default="float32")
    parser.add_argument("--only", help=f"paths, parted by semicolons, of: {'; '.join(PATHS)}")
    parser.add_argument("--warm", action="store_true", help="two steps before every path, not counted")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
