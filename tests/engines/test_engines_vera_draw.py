"""Drawing one window: what is pinned, what is put in place outside, and Wan's autoencoder instead of patches."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLWan
from torch import Tensor

from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery, noise_of
from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.codecs.wan import WanCodec
from cleanplate.models.mixture.config import layered
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.economy import Economy
from drawn_models import TINY, drawn, drawn_video
from drawn_vera import STRIDE, TEXT_DIM, pixel_system

SETTINGS = Sampling(steps=2, guidance=2.0, solver="euler")
TEXT, NEGATIVE = (torch.randn((1, 5, TEXT_DIM), generator=torch.Generator().manual_seed(n)) for n in (1, 2))
SYSTEM = pixel_system()
MODEL = drawn(SYSTEM.transformer)


def draughtsman(settings: Sampling = SETTINGS, *, masked: bool = True) -> Draughtsman:
    return Draughtsman(MODEL, PixelCodec(STRIDE), SYSTEM, texts=(TEXT, NEGATIVE), settings=settings, masked=masked)


def scenery(frames: int = 9, size: tuple[int, int] = (24, 40), head: Drawn | None = None, seed: int = 0) -> Scenery:
    """The region is the block of rows 8 to 15 and columns 16 to 31."""
    region = torch.zeros((frames, *size), dtype=torch.bool)
    region[:, 8:16, 16:32] = True
    return Scenery(drawn_video(3, frames, *size), region, head, seed)


def test_outside_the_region_the_layer_is_nothing_and_the_rest_is_the_plate() -> None:
    given = scenery()
    made = draughtsman().draw(given)
    outside = ~given.region_THW
    plate = (given.source_3THW + 1) / 2
    assert made.alpha_THW[outside].max() < 1e-6
    torch.testing.assert_close(made.edit_3THW[:, outside], plate[:, outside], rtol=0, atol=1e-5)
    torch.testing.assert_close(made.composite_3THW[:, outside], plate[:, outside], rtol=0, atol=1e-5)
    assert (made.alpha_THW[given.region_THW] > 0).float().mean() > 0.2


def test_the_head_is_what_the_window_before_has_drawn() -> None:
    before = draughtsman().draw(scenery(seed=1))
    head = Drawn(before.edit_3THW[:, -5:], before.alpha_THW[-5:], before.composite_3THW[:, -5:])
    made = draughtsman().draw(scenery(head=head))
    inside = scenery().region_THW[:5]
    torch.testing.assert_close(made.alpha_THW[:5][inside], head.alpha_THW[inside], rtol=0, atol=2e-3)
    torch.testing.assert_close(made.edit_3THW[:, :5][:, inside], head.edit_3THW[:, inside], rtol=0, atol=2e-3)
    assert (made.alpha_THW[5:] - before.alpha_THW[5:]).abs().max() > 0.1


@pytest.mark.parametrize(("frames", "size"), [(1, (8, 8)), (3, (13, 21)), (6, (24, 40))])
def test_any_size_comes_back_as_it_was(frames: int, size: tuple[int, int]) -> None:
    given = Scenery(drawn_video(3, frames, *size), torch.ones((frames, *size), dtype=torch.bool), None, 0)
    made = draughtsman(masked=False).draw(given)
    assert made.alpha_THW.shape == (frames, *size)
    assert made.edit_3THW.shape == made.composite_3THW.shape == (3, frames, *size)
    for part in (made.alpha_THW, made.edit_3THW, made.composite_3THW):
        assert part.min() >= 0
        assert part.max() <= 1


def test_a_mask_is_told_to_the_model() -> None:
    told, untold = (draughtsman(masked=masked).draw(scenery()) for masked in (True, False))
    assert (told.alpha_THW - untold.alpha_THW).abs().max() > 1e-3


def test_an_economy_that_reaches_everywhere_changes_nothing() -> None:
    everywhere = Economy(ring=9, ring_frames=9, refresh=1)
    plain, sparse = (
        draughtsman(SETTINGS.model_copy(update={"economy": economy})).draw(scenery()) for economy in (None, everywhere)
    )
    torch.testing.assert_close(sparse.alpha_THW, plain.alpha_THW, rtol=0, atol=1e-4)


def test_noise_is_the_seeds_and_differs_by_branch() -> None:
    shape = (1, 4, 2, 3, 3)
    one, again, other = noise_of(shape, 5), noise_of(shape, 5), noise_of(shape, 6)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["edit"], one["alpha"])
    assert not torch.equal(one["edit"], other["edit"])


def wan_codec() -> Codec:
    torch.manual_seed(0)
    geometry: dict[str, Any] = {"base_dim": 4, "z_dim": 4, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1}
    return WanCodec(AutoencoderKLWan(**geometry, latents_mean=[0.0] * 4, latents_std=[1.0] * 4).eval())


def test_wans_autoencoder_in_place_of_patches() -> None:
    config = layered(**TINY)
    system = System(transformer=config, limits=Limits(frames=9, pixels=64 * 64, rate=16))
    text: Tensor = torch.randn((1, 5, TINY["text_dim"]), generator=torch.Generator().manual_seed(3))
    settings = SETTINGS.model_copy(update={"guidance": 1.0})
    worker = Draughtsman(drawn(config), wan_codec(), system, texts=(text, None), settings=settings, masked=True)
    first = worker.draw(scenery(7, (31, 45)))
    assert first.alpha_THW.shape == (7, 31, 45)
    head = Drawn(first.edit_3THW[:, -5:], first.alpha_THW[-5:], first.composite_3THW[:, -5:])
    second = worker.draw(scenery(9, (31, 45), head=head, seed=2))
    assert second.composite_3THW.shape == (3, 9, 31, 45)
    assert all(torch.isfinite(part).all() for part in (second.edit_3THW, second.alpha_THW, second.composite_3THW))
