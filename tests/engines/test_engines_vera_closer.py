"""Additions in close-ups: where they go by words, seed and region, and what is drawn there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import Tensor

from cleanplate.engines.vera.closer import drawn_close, laid
from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.models.closeup import Aim, following
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.sampling.settings import Sampling
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


def test_a_window_in_which_nothing_may_change_stays_empty() -> None:
    region = torch.zeros((FRAMES, *FINE), dtype=torch.bool)
    region[:, :, :20] = True
    given, near = scenery(region), Saying(5)
    made = close(given, (near, fixed(90, 30, 32)))
    assert not near.asked
    assert not made.alpha_THW.any()
    torch.testing.assert_close(made.composite_3THW, (given.source_3THW + 1) / 2)


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
