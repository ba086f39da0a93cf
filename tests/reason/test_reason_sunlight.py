"""Which way shadows fall, told by what moves, and what is left of it where the ground's pattern hides a shadow."""

from pathlib import Path

import numpy as np
from drawn_scenes import HEIGHT, WIDTH, Array, block, coloured, film

from cleanplate.reason.backdrop import backdrops
from cleanplate.reason.footage import Footage, gather
from cleanplate.reason.laying import laid
from cleanplate.reason.sunlight import sun_of

LENGTH = 12
RED = (200, 60, 50)


def footage_of_masks(folder: Path, hero: list[Array], pictures: Array) -> Footage:
    """Footage without a camera's motion."""
    return gather(pictures, [h.astype(np.uint8) for h in hero], range(len(hero)), folder, lambda advance=1: None)


def slabs(light: float) -> Array:
    """h x w x 3: slabs of two tones, the darker one as dark as a shadow on the lighter one."""
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    tone = np.where((xs // 37 + ys // 29) % 2 == 0, light, 0.6 * light)
    return np.asarray(np.repeat(tone[..., None], 3, axis=2), np.float32)


def test_where_the_ground_hides_a_shadow_the_foot_is_what_most_ways_agree_on(tmp_path: Path) -> None:
    hero = block(150, 60, 175, 110)
    picture = coloured(slabs(170), hero, RED)
    sun = sun_of(footage_of_masks(tmp_path, [hero] * 2, film(2, lambda n: picture)), 1, [0, 1])
    assert sun is not None
    assert sun.confidence < 0.5
    found = sun.shadow(hero) & ~hero
    ys, xs = np.nonzero(found)
    assert 0.05 * hero.sum() < found.sum() < 2 * hero.sum()
    assert ys.min() > 80  # nothing beside its upper part
    assert abs(xs.mean() - 162) < 15  # and hardly one side before the other


def test_a_moving_objects_shadow_tells_where_the_light_is_by_what_was_seen_without_it(tmp_path: Path) -> None:
    heroes = [block(20 + 20 * n, 60, 45 + 20 * n, 110) for n in range(LENGTH)]
    casts = [laid(hero, 0.75, -0.3, 104.0) & ~hero for hero in heroes]
    ground = slabs(170)
    pictures = film(
        LENGTH, lambda n: coloured(np.where(casts[n][..., None], 0.65 * ground, ground), heroes[n], RED), noise=0.5
    )
    footage = footage_of_masks(tmp_path, heroes, pictures)
    looks = [3, LENGTH // 2, LENGTH - 4]
    told = [sun_of(footage, 1, looks, behind) for behind in ((), backdrops(footage))]
    blind, seeing = (sun.shadow(heroes[5]) & ~heroes[5] if sun else np.zeros_like(heroes[5]) for sun in told)
    overlaps = [(found & casts[5]).sum() / (found | casts[5]).sum() for found in (blind, seeing)]
    assert overlaps[0] < 0.4  # the slabs' edges look like a shadow
    assert overlaps[1] > 0.9


def test_what_is_too_thin_for_the_small_grid_gives_no_way_away(tmp_path: Path) -> None:
    for column in range(100, 104):
        wire = np.zeros((HEIGHT, WIDTH), bool)
        wire[2 : HEIGHT - 2, column] = True
        footage = footage_of_masks(tmp_path, [wire] * 2, film(2, lambda n: slabs(170)))
        sun = sun_of(footage, 1, [0, 1])
        assert sun is None or sun.confidence < 0.5
