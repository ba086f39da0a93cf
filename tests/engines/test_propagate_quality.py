"""The acceptance figures of `propagate`, on the bench's own clips (smaller, for time), beside Telea."""

from __future__ import annotations

from dataclasses import replace

import propagate as bench
import pytest
from drawn_worlds import World

STILL, HOMOGRAPHY, _, PARALLAX, UNSEEN = bench.WORLDS


def small(world: World) -> World:
    return replace(world, height=216, width=384, length=20)


@pytest.mark.slow
def test_homography_camera() -> None:
    world = replace(small(HOMOGRAPHY), camera=30)
    ours, telea = bench.score(world, "propagate"), bench.score(world, "telea")
    assert ours.psnr >= 34
    assert ours.flicker <= 1.2
    assert telea.psnr < ours.psnr - 10


def test_never_seen_pixels_are_reported_apart() -> None:
    score = bench.score(small(UNSEEN), "propagate")
    assert score.truly_unseen > 0.1
    assert abs(score.never_seen - score.truly_unseen) < 0.08
    assert score.psnr >= 34
    assert score.flicker <= 1.2


@pytest.mark.slow
@pytest.mark.parametrize("world", [STILL, HOMOGRAPHY], ids=lambda world: world.name)
def test_full_size(world: World) -> None:
    score = bench.score(world, "propagate")
    assert score.psnr >= 34
    assert score.flicker <= 1.2


@pytest.fixture(scope="module")
def parallax() -> bench.Score:
    return bench.score(PARALLAX, "propagate")


@pytest.mark.slow
def test_parallax_grain_and_drift(parallax: bench.Score) -> None:
    assert parallax.psnr >= 30


@pytest.mark.slow
@pytest.mark.xfail(
    reason="a strip beside a depth edge inside the hole goes to the wrong surface, and flickers", strict=True
)
def test_parallax_does_not_flicker(parallax: bench.Score) -> None:
    assert parallax.flicker <= 1.2
