"""Pictures by rule: they repeat without a seam, come out alike every time, and read files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from cleanplate.errors import InputError
from cleanplate.worlds.render.backdrop import Backdrop
from cleanplate.worlds.scene import Texture
from cleanplate.worlds.textures import PATTERNS, draw


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_every_pattern_is_the_same_again_and_repeats_without_a_seam(name: str) -> None:
    texture = Texture(name=name, seed=3)
    picture = draw(texture, 128, colour=(0.8, 0.5, 0.3))
    assert picture.shape == (128, 128, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, draw(texture, 128, colour=(0.8, 0.5, 0.3)))
    values = picture.astype(int)
    for axis in (0, 1):
        steps = np.abs(np.diff(values, axis=axis)).sum(axis=(1 - axis, 2))
        seam = np.abs(np.take(values, 0, axis) - np.take(values, -1, axis)).sum()
        assert seam <= steps.max() * 1.3 + 128


@pytest.mark.parametrize("name", ["noise", "wood", "bricks", "marble", "speckle", "grass"])
def test_another_seed_gives_another_picture(name: str) -> None:
    assert not np.array_equal(draw(Texture(name=name, seed=1), 64), draw(Texture(name=name, seed=2), 64))


def test_named_colours_are_the_colours() -> None:
    stripes = draw(Texture(name="stripes", colours=((1, 0, 0), (0, 1, 0), (0, 0, 1))), 60)
    assert stripes[0, 5].tolist() == [255, 0, 0]
    assert stripes[0, 30].tolist() == [0, 255, 0]
    assert stripes[0, 55].tolist() == [0, 0, 255]
    assert np.unique(draw(Texture(name="plain"), 8, colour=(0.2, 0.4, 0.6)).reshape(-1, 3), axis=0).tolist() == [
        [51, 102, 153]
    ]


def test_a_file_of_the_assets_is_a_texture(tmp_path: Path) -> None:
    picture = np.full((40, 40, 3), (10, 20, 200), np.uint8)
    cv2.imwrite(str(tmp_path / "red.png"), picture)
    assert (draw(Texture(name="red.png"), 16, assets=tmp_path) == (200, 20, 10)).all()


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no texture is called 'velvet'"):
        draw(Texture(name="velvet"), 16)
    with pytest.raises(InputError, match=r"gone\.png: the asset is missing"):
        draw(Texture(name="gone.png"), 16, assets=tmp_path)
    with pytest.raises(InputError, match="outside the folder"):
        draw(Texture(name="../gone.png"), 16, assets=tmp_path)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="cannot be read"):
        draw(Texture(name="broken.png"), 16, assets=tmp_path)


def test_the_sky_is_blue_above_and_pale_at_the_horizon() -> None:
    sky = Backdrop(Texture(name="sky", seed=1))
    turns = np.linspace(0, 2 * np.pi, 200)
    ring = np.stack([np.cos(turns), np.sin(turns), np.zeros(200)], -1).astype(np.float32)
    above, level = sky.seen(ring + np.array([0, 0, 3], np.float32)), sky.seen(ring + np.array([0, 0, 0.02], np.float32))
    assert above[:, 2].mean() > above[:, 0].mean()
    assert level.mean() > above.mean()
