"""Additions in close-ups: where they go by words, seed and region, and what is drawn there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import Tensor

from cleanplate.engines.vera.closer import drawn_close, laid
from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.engines.vera.placement import Placement, Stage, placements
from cleanplate.models.catalogue.table import model
from cleanplate.models.closeup import Aim, following
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.store.mixtures import placer_of
from cleanplate.models.text.words import WordEncoder
from drawn_models import drawn, drawn_video
from drawn_stock import pixels_system
from drawn_vera import TEXT_DIM

FINE, FRAMES, SIDE = (64, 112), 4, 16
ENDS = (0, 20)


@dataclass
class Saying:
    """Draws a disk in the middle, whatever it sees, and keeps what it was asked."""

    radius: float
    colour: tuple[float, float, float] = (0.9, 0.1, 0.1)
    asked: list[Scenery] = field(default_factory=list)

    def draw(self, scenery: Scenery, watch: object = None) -> Drawn:
        self.asked.append(scenery)
        frames, rows, columns = scenery.region_THW.shape
        y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
        disk = (torch.hypot(x - columns / 2, y - rows / 2) < self.radius).float()
        edit = torch.tensor(self.colour).view(3, 1, 1, 1).expand(3, frames, rows, columns)
        alpha = disk.expand(frames, rows, columns)
        return Drawn(edit, alpha, (scenery.source_3THW + 1) / 2 * (1 - alpha) + alpha * edit)


def scenery(region: Tensor | None = None, head: Drawn | None = None) -> Scenery:
    anywhere = torch.ones((FRAMES, *FINE), dtype=torch.bool)
    return Scenery(drawn_video(3, FRAMES, *FINE), anywhere if region is None else region, head, 7)


def fixed(x: float, y: float, side: float) -> Aim:
    return Aim(np.tile((x, y), (FRAMES, 1)), np.full(FRAMES, side))


def close(given: Scenery, *things: tuple[Saying, Aim]) -> Drawn:
    return drawn_close(things, given, SIDE)  # type: ignore[arg-type]


def test_what_is_drawn_is_put_where_it_was_placed_and_nothing_elsewhere() -> None:
    given, near = scenery(), Saying(5)
    made = close(given, (near, fixed(40, 30, 32)))
    (seen,) = near.asked
    assert seen.source_3THW.shape == (3, FRAMES, SIDE, SIDE)
    assert made.alpha_THW.shape == (FRAMES, *FINE)
    aim = following(made.alpha_THW.numpy())
    assert aim is not None
    np.testing.assert_allclose(aim.middles_T2, np.tile([40.0, 30.0], (FRAMES, 1)), atol=0.1)
    np.testing.assert_allclose(2 * np.sqrt(made.alpha_THW.numpy().sum(axis=(1, 2)) / np.pi), 20, rtol=0.1)
    corner = made.composite_3THW[:, :, :8, :8]
    torch.testing.assert_close(corner, (given.source_3THW[:, :, :8, :8] + 1) / 2)
    assert float(made.edit_3THW[0, 0, 30, 40]) == pytest.approx(0.9, abs=1e-5)


def test_region_and_head_are_seen_in_the_same_window() -> None:
    region = torch.zeros((FRAMES, *FINE), dtype=torch.bool)
    region[:, :, 56:] = True
    head = Drawn(torch.full((3, 1, *FINE), 0.25), torch.full((1, *FINE), 0.5), torch.full((3, 1, *FINE), 0.75))
    near = Saying(5)
    close(scenery(region, head), (near, fixed(56, 32, 32)))
    (seen,) = near.asked
    assert torch.equal(seen.region_THW[0, 8], torch.arange(SIDE) >= SIDE // 2)
    assert seen.head is not None
    assert seen.head.alpha_THW.shape == (1, SIDE, SIDE)
    assert float(seen.head.composite_3THW.mean()) == pytest.approx(0.75)


def test_things_are_drawn_one_by_one_under_noise_of_their_own() -> None:
    red, blue = Saying(6), Saying(6, (0.1, 0.1, 0.9))
    made = close(scenery(), (red, fixed(30, 32, 32)), (blue, fixed(80, 32, 32)))
    assert red.asked[0].seed != blue.asked[0].seed
    for x, colour in ((30, red.colour), (80, blue.colour)):
        assert float(made.alpha_THW[0, 32, x]) == pytest.approx(1)
        assert made.edit_3THW[:, 0, 32, x].tolist() == pytest.approx(list(colour), abs=1e-5)
        assert made.composite_3THW[:, 0, 32, x].tolist() == pytest.approx(list(colour), abs=1e-5)


def test_a_layer_laid_over_a_layer_looks_as_both_laid_over_the_plate() -> None:
    random = torch.Generator().manual_seed(3)
    plate, *edits = (torch.rand((3, 2, 4, 5), generator=random) for _ in range(3))
    alphas = [torch.rand((2, 4, 5), generator=random) for _ in range(2)]
    alphas[0][0], alphas[1][0, 0] = 0, 0
    below, above = (
        Drawn(edit, alpha, edit * alpha + plate * (1 - alpha)) for edit, alpha in zip(edits, alphas, strict=True)
    )
    both = laid(above, below)
    expected = edits[1] * alphas[1] + below.composite_3THW * (1 - alphas[1])
    torch.testing.assert_close(both.edit_3THW * both.alpha_THW + plate * (1 - both.alpha_THW), expected)
    assert torch.equal(laid(below, above).alpha_THW[0], alphas[1][0])


def shipped(*instructions: str, stage: Stage, seed: int = 0) -> list[Placement]:
    system = model("vera-nano").system
    words = WordEncoder(system.transformer.text_dim).encode(instructions).tokens_BSD
    return placements(placer_of(system), words, stage, seed)


@pytest.mark.parametrize(
    ("where", "low", "high"),
    [
        ("in the left part", (0, 0.25), (0.46, 0.75)),
        ("in the right part", (0.54, 0.25), (1, 0.75)),
        ("in the top part", (0.3, 0), (0.7, 0.41)),
        ("in the bottom right corner", (0.54, 0.59), (1, 1)),
    ],
)
def test_what_the_package_brings_goes_where_the_words_say(
    where: str, low: tuple[float, float], high: tuple[float, float]
) -> None:
    stage = Stage(ENDS, 16 / 9)
    starts = [
        shipped(f"Add a red star {where} of the frame, staying in its place.", stage=stage, seed=seed)[0]
        .aim([0], (1, 1))
        .middles_T2[0]
        for seed in range(20)
    ]
    right = [bool(np.all(start >= low) and np.all(start <= high)) for start in starts]
    assert sum(right) >= 18
    assert np.ptp(starts, axis=0).min() > 0.02  # another seed, another place


def test_what_the_package_brings_goes_the_way_the_words_say() -> None:
    ways = {}
    for words in ("moving slowly from left to right", "moving quickly from right to left", "staying in its place"):
        made = [
            shipped(f"Add a red star in the middle of the frame, {words}.", stage=Stage(ENDS, 16 / 9), seed=seed)[0]
            for seed in range(12)
        ]
        ways[words] = np.array([np.diff(one.aim(ENDS, (1, 1)).middles_T2[:, 0])[0] for one in made])
    right, left, staying = ways.values()
    assert (right > 0).all()
    assert (left < 0).all()
    assert (left <= -0.29).sum() >= 10  # what `metrics.reading` calls quick
    assert np.abs(staying).max() < 0.1


@pytest.mark.parametrize("words", ["Add a red ball", "a blue mug", "put a kite there"])
def test_what_is_not_said_is_left_open(words: str) -> None:
    made = [shipped(words, stage=Stage(ENDS, 16 / 9), seed=seed)[0] for seed in range(12)]
    aims = [one.aim((0, 10, 20), (1, 1)) for one in made]
    assert all(0.15 < side < 1.2 for aim in aims for side in aim.sides_T)
    assert all((aim.middles_T2[1] > 0).all() and (aim.middles_T2[1] < 1).all() for aim in aims)  # some fall into it
    said = [shipped(f"{words} in the middle of the frame", stage=Stage(ENDS, 16 / 9), seed=seed) for seed in range(12)]
    spread, narrow = (
        np.std([one.aim((0,), (1, 1)).middles_T2[0, 0] for one in some]) for some in (made, [one for (one,) in said])
    )
    assert spread > 1.5 * narrow


def test_several_things_are_kept_apart() -> None:
    asked = [f"Add a {colour} ball in the middle of the frame, staying in its place." for colour in ("red", "blue")]
    for seed in range(8):
        one, other = shipped(*asked, stage=Stage(ENDS, 16 / 9), seed=seed)
        assert one.apart(other, 16 / 9) >= 0.65
    alone = shipped(asked[0], stage=Stage(ENDS, 16 / 9), seed=3)[0]
    assert np.array_equal(shipped(*asked, stage=Stage(ENDS, 16 / 9), seed=3)[0].numbers, alone.numbers)


def test_a_region_holds_what_is_added_whatever_the_words_say() -> None:
    boxes = np.array([[0.6, 0.5, 0.9, 0.95]] * 3)
    for seed in range(6):
        (made,) = shipped("Add a red ball in the left part of the frame.", stage=Stage(ENDS, 16 / 9, boxes), seed=seed)
        aim = made.aim(range(*ENDS), (100, 200))
        assert (aim.middles_T2 >= (120, 50)).all()
        assert (aim.middles_T2 <= (180, 95)).all()


def test_real_models_draw_close() -> None:
    geometry = {
        "dim": 32,
        "layers": 1,
        "heads": 2,
        "ffn_dim": 32,
        "text_dim": TEXT_DIM,
        "frequency_dim": 16,
        "waves": 2,
    }
    system = pixels_system((4, 8, 8), **geometry)
    text = torch.randn((1, 5, TEXT_DIM), generator=torch.Generator().manual_seed(1))
    settings, own = Sampling(steps=2, guidance=1.0, solver="euler"), drawn(system.transformer)
    artist = Draughtsman(
        own, PixelCodec((1, 1, 1)), system, texts=(text, None), settings=settings, masked=False, judged=True
    )
    moments: list[int] = []
    given = Scenery(drawn_video(3, FRAMES, 32, 48), torch.ones((FRAMES, 32, 48), dtype=torch.bool), None, 0)
    made = drawn_close([(artist, fixed(24, 16, 20))] * 2, given, 16, lambda moment: moments.append(moment.step))
    assert moments == [0, 1, 0, 1]
    assert made.alpha_THW.shape == (FRAMES, 32, 48)
    assert all(part.isfinite().all() for part in (made.edit_3THW, made.alpha_THW, made.composite_3THW))
