"""Training the placer, from the first step to the folder that models name. B additions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import AdamW

from cleanplate.models.placing.placer import Placer, save
from cleanplate.models.placing.way import BOXES, NUMBERS, aim_of
from cleanplate.models.text.words import TOKENS, WordEncoder
from cleanplate.progress import Progress, Silent
from cleanplate.train.accelerated import accelerator_of, unwrapped
from cleanplate.train.checkpoints import Checkpoints
from cleanplate.train.loop import CHECKPOINTS, Loop, Preview
from cleanplate.train.nano_placer.recipe import Recipe
from cleanplate.train.nano_placer.ways import Ways, told, ways_of
from cleanplate.train.order import Order, Portion, Purpose, drawn
from cleanplate.train.texts import KeptTexts

if TYPE_CHECKING:
    from accelerate import Accelerator

DATA = "stock"
_TEXTS = 8192
"""That are kept in memory, each in 49 kB: those of `nano`, which all come again in every epoch."""
_LEAST = 1e-3
"""Deviation of a number that is about the same in all additions."""
_SHOWN, _ROW, _ROWS, _COLUMNS = 24, 6, 64, 112
"""Additions of a preview, in rows of so many, and the size of each."""
_BEGINNING, _FIRST_WORDS = 0.5, (3, 10)
_TRUE, _SAID = (90, 200, 90), (240, 120, 60)


@dataclass(frozen=True)
class Lesson:
    """One addition.

    Attributes:
        text: the instruction.
        heard: S bool: words of it that are told.
        numbers: 8, the way of its window.
        boxes: 3 x 4, in which all must happen; NaN where anything may.
    """

    text: str
    heard: NDArray[np.bool_]
    numbers: NDArray[np.float64]
    boxes: NDArray[np.float64]


def train(recipe: Recipe, out: Path, data: Path | None = None, *, progress: Progress | None = None) -> Path:
    """Run the recipe, or go on where a run in the same folder was stopped.

    Args:
        out: folder of the run: checkpoints, curves, previews and, in the end, the placer.
        data: folder of stock, which vera-nano's runs may share; in `out` otherwise.

    Returns:
        the folder of the placer.

    Raises:
        InputError: damaged data, or a run there with another recipe.
        ResourceError: a package is missing.
        CleanplateError: the loss is no number any more.
    """
    accelerator = accelerator_of(recipe.precision, recipe.sharding, Placer)
    Checkpoints(out / CHECKPOINTS).last(recipe.model_dump_json())  # a run of another recipe is refused before the work
    folder, progress = data or out / DATA, progress or Silent()
    learned, held = (ways_of(folder, recipe, progress, held=held) for held in (False, True))
    torch.manual_seed(recipe.seed)
    bare, rates = Placer(recipe.shape), recipe.rates
    bare.mean.copy_(torch.from_numpy(learned.numbers.mean(axis=0)))
    bare.deviation.copy_(torch.from_numpy(learned.numbers.std(axis=0).clip(_LEAST)))
    optimiser = AdamW(bare.parameters(), rates.new, betas=rates.betas, weight_decay=rates.decay, fused=True)
    method = _Ways(recipe, learned, held, accelerator)
    return Loop(method, bare, optimiser, recipe=recipe, accelerator=accelerator, out=out).run(progress)


class _Ways:
    """Implements `Method`: words, and the ways that windows go by them."""

    result = "model"

    def __init__(self, recipe: Recipe, learned: Ways, held: Ways, accelerator: Accelerator) -> None:
        self._recipe, self._learned, self._held, self._accelerator = recipe, learned, held, accelerator
        self._portion = Portion(recipe.clips.batch, accelerator.process_index, accelerator.num_processes)
        self._texts = KeptTexts(WordEncoder(recipe.shape.text_dim), _TEXTS)

    def examples(self, steps: range) -> Iterator[list[Lesson]]:
        """See `Method`."""
        order = Order(len(self._learned.numbers), self._recipe.seed)
        for step in steps:
            share = order.share(step, self._portion)
            yield [self._lesson(self._learned, place.example, place.position) for place in share]

    def parts(self, examples: Sequence[Lesson]) -> list[Sequence[Lesson]]:
        """See `Method`."""
        return [examples]

    def losses(self, model: Placer, part: Sequence[Lesson], step: int) -> dict[str, Tensor]:
        """Of the velocity, at times that are neither early nor late for the most (Esser et al., arXiv 2403.03206)."""
        text, numbers, boxes = self._tensors(part)
        clean = unwrapped(self._accelerator, model).normalised(numbers)
        random, batch = drawn(self._recipe.seed, Purpose.NOISE, step), self._portion.batch
        noise = self._on_device(random.standard_normal((batch, NUMBERS), dtype="float32")[self._portion.within])
        time = self._on_device(random.standard_normal(batch, dtype="float32")[self._portion.within]).sigmoid()
        noisy = clean + time[:, None] * (noise - clean)
        return {"velocity": (model(noisy, time, text, boxes) - (noise - clean)).square().mean()}

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """See `Method`."""
        return errors["velocity"]

    @torch.no_grad()
    def preview(self, model: Placer) -> Preview:
        """Additions that are held back: how far off what is said is, beside what is said of the words of another."""
        lessons = [self._lesson(self._held, place, place, learns=False) for place in range(len(self._held.numbers))]
        text, numbers, boxes = self._tensors(lessons)
        random = drawn(self._recipe.seed, Purpose.PLATE, 0)
        noise = self._on_device(random.standard_normal(numbers.shape, dtype="float32"))
        said, others = (model.sample(words, boxes, noise) for words in (text, text.roll(1, dims=0)))
        figures = {}
        for name, these in (("start", slice(0, 2)), ("way", slice(2, 4))):
            for whose, ways in (("", said), (" by another's words", others)):
                figures[f"{name}{whose}"] = float((ways - numbers)[:, these].norm(dim=1).mean())
        return Preview(figures, _sheet(numbers.cpu().double().numpy(), said.cpu().double().numpy()))

    @torch.no_grad()
    def deliver(self, weights: dict[str, Tensor], place: Path) -> None:
        """See `Method`."""
        placer = Placer(self._recipe.shape)
        placer.load_state_dict(weights)
        save(placer, place)

    def _lesson(self, ways: Ways, example: int, position: int, *, learns: bool = True) -> Lesson:
        recipe, random = self._recipe, drawn(self._recipe.seed, Purpose.MASK, position)
        text = str(ways.texts[example][int(random.random() < recipe.brief)])
        seen, standing = learns and random.random() < recipe.told, random.random() < recipe.standing
        where = told(ways.boxes[example], random, standing=standing) if seen else np.full((BOXES, 4), np.nan)
        fewer = learns and random.random() < recipe.fewer
        return Lesson(text, _heard(random) if fewer else np.ones(TOKENS, np.bool_), ways.numbers[example], where)

    def _tensors(self, lessons: Sequence[Lesson]) -> tuple[Tensor, Tensor, Tensor]:
        """Words, numbers and boxes of a batch."""
        each = (np.stack([getattr(lesson, name) for lesson in lessons]) for name in ("heard", "numbers", "boxes"))
        heard, numbers, boxes = (self._on_device(values) for values in each)
        words = self._texts.of([lesson.text for lesson in lessons]).to(self._accelerator.device)
        return words * heard[:, :, None], numbers, boxes

    def _on_device(self, values: NDArray[Any]) -> Tensor:
        """As float32, where the model is."""
        return torch.from_numpy(values).float().to(self._accelerator.device)


def _heard(random: np.random.Generator) -> NDArray[np.bool_]:
    """Some of the words: any, or those that an instruction begins with, which say what and not where."""
    if random.random() < _BEGINNING:
        return np.arange(TOKENS) < random.integers(*_FIRST_WORDS)
    return np.asarray(random.random(TOKENS) < random.random())


def _sheet(true_B8: NDArray[np.float64], said_B8: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The windows at first and at last, and the way of their middles: the true ones green, those that are said red."""
    frames = []
    for pair in zip(true_B8[:_SHOWN], said_B8[:_SHOWN], strict=True):
        frame = np.full((_ROWS, _COLUMNS, 3), 32, np.uint8)
        for numbers, colour in zip(pair, (_TRUE, _SAID), strict=True):
            aim = aim_of(numbers, np.linspace(-1, 1, 9), (_ROWS, _COLUMNS))
            cv2.polylines(frame, [np.rint(aim.middles_T2).astype(np.int32)], False, colour, 1)
            for place in (0, -1):
                low, high = (np.rint(aim.middles_T2[place] + part * aim.sides_T[place]) for part in (-0.5, 0.5))
                cv2.rectangle(frame, low.astype(int).tolist(), high.astype(int).tolist(), colour, 1)
        frames.append(np.pad(frame, ((1, 1), (1, 1), (0, 0)), constant_values=96))
    rows = [np.concatenate(frames[first : first + _ROW], axis=1) for first in range(0, len(frames), _ROW)]
    width = max(row.shape[1] for row in rows)
    return np.concatenate([np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows])
