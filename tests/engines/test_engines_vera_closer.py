"""Two looks at a window: where a thing is over the whole of it, and the thing again from near."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import Tensor

from cleanplate.engines.vera.closer import CloserDraughtsman
from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.models.closeup import following
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.sampling.settings import Sampling
from drawn_models import drawn, drawn_video
from drawn_stock import pixels_system
from drawn_vera import TEXT_DIM

FIRST, FINE, FRAMES, SIDE = (32, 56), (64, 112), 4, 16


@dataclass
class Saying:
    """Draws a disk, whatever it sees, and keeps what it was asked."""

    radius: float
    asked: list[Scenery] = field(default_factory=list)

    def draw(self, scenery: Scenery, watch: object = None) -> Drawn:
        self.asked.append(scenery)
        frames, rows, columns = scenery.region_THW.shape
        y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
        disk = (torch.hypot(x - columns / 2, y - rows / 2) < self.radius).float()
        edit = torch.tensor([0.9, 0.1, 0.1]).view(3, 1, 1, 1).expand(3, frames, rows, columns)
        alpha = disk.expand(frames, rows, columns)
        return Drawn(edit, alpha, (scenery.source_3THW + 1) / 2 * (1 - alpha) + alpha * edit)


def scenery(region: Tensor | None = None, head: Drawn | None = None) -> Scenery:
    anywhere = torch.ones((FRAMES, *FINE), dtype=torch.bool)
    return Scenery(drawn_video(3, FRAMES, *FINE), anywhere if region is None else region, head, 7)


def looked(first: float, near: float, given: Scenery) -> tuple[Drawn, Saying, Saying]:
    whole, close = Saying(first), Saying(near)
    made = CloserDraughtsman(whole, close, FIRST, SIDE).draw(given)  # type: ignore[arg-type]
    return made, whole, close


def test_the_second_look_is_put_where_the_first_saw_something() -> None:
    given = scenery()
    made, whole, close = looked(6, 5, given)
    assert tuple(whole.asked[0].source_3THW.shape[2:]) == FIRST
    (near,) = close.asked
    assert near.source_3THW.shape == (3, FRAMES, SIDE, SIDE)
    assert near.seed != given.seed
    assert made.alpha_THW.shape == (FRAMES, *FINE)
    aim = following(made.alpha_THW.numpy())
    assert aim is not None
    np.testing.assert_allclose(aim.middles_T2, np.tile([56.0, 32.0], (FRAMES, 1)), atol=0.7)
    # a disk of 12 pixels takes 0.6 of a window of 20, which is 40 of the fine ones; of its 16 the second look fills 10
    np.testing.assert_allclose(2 * np.sqrt(made.alpha_THW.numpy().sum(axis=(1, 2)) / np.pi), 25, rtol=0.1)
    corner = made.composite_3THW[:, :, :8, :8]
    torch.testing.assert_close(corner, (given.source_3THW[:, :, :8, :8] + 1) / 2)
    assert float(made.edit_3THW[0, 0, 32, 56]) == pytest.approx(0.9, abs=1e-5)


@pytest.mark.parametrize("radius", [0.0, 14.0])
def test_where_nothing_is_seen_or_all_of_the_frame_the_first_look_stays(radius: float) -> None:
    made, _, close = looked(radius, 5, scenery())
    assert not close.asked
    assert made.alpha_THW.shape == (FRAMES, *FINE)
    assert float(made.alpha_THW.mean()) == pytest.approx(np.pi * radius**2 / (FIRST[0] * FIRST[1]), rel=0.05)


def test_region_and_head_are_seen_in_the_same_window() -> None:
    region = torch.zeros((FRAMES, *FINE), dtype=torch.bool)
    region[:, :, 56:] = True
    head = Drawn(torch.full((3, 1, *FINE), 0.25), torch.full((1, *FINE), 0.5), torch.full((3, 1, *FINE), 0.75))
    _, whole, close = looked(6, 5, scenery(region, head))
    assert torch.equal(whole.asked[0].region_THW[0, 0], torch.arange(FIRST[1]) >= 28)
    (near,) = close.asked
    assert torch.equal(near.region_THW[0, 8], torch.arange(SIDE) >= SIDE // 2)
    assert near.head is not None
    assert near.head.alpha_THW.shape == (1, SIDE, SIDE)
    assert float(near.head.composite_3THW.mean()) == pytest.approx(0.75)


def test_real_models_look_twice() -> None:
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
    settings, model = Sampling(steps=2, guidance=1.0, solver="euler"), drawn(system.transformer)
    own = {"texts": (text, None), "settings": settings, "masked": False}
    draughtsman = Draughtsman(model, PixelCodec((1, 1, 1)), system, **own)  # type: ignore[arg-type]
    moments: list[int] = []
    closer = CloserDraughtsman(draughtsman, draughtsman, (16, 24), 16)
    made = closer.draw(
        Scenery(drawn_video(3, FRAMES, 32, 48), torch.ones((FRAMES, 32, 48), dtype=torch.bool), None, 0),
        lambda moment: moments.append(moment.step),
    )
    assert moments in ([0, 1, 0, 1], [0, 1])
    assert made.alpha_THW.shape == (FRAMES, 32, 48)
    assert all(part.isfinite().all() for part in (made.edit_3THW, made.alpha_THW, made.composite_3THW))
