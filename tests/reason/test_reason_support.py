"""What an object bears: whole things, by where they touch it, and how far they come down without it."""

from pathlib import Path

import numpy as np
import pytest
from drawn_scenes import Array, block, coloured, disc, film, texture

from cleanplate.reason.agents import Agent
from cleanplate.reason.bearing import borne, role_of
from cleanplate.reason.beside import Beside
from cleanplate.reason.blobs import blob_of
from cleanplate.reason.contact import Claim, Contact, Effect, judge
from cleanplate.reason.debris import spread
from cleanplate.reason.footage import Footage, gather
from cleanplate.reason.growing import grown
from cleanplate.reason.instead import rests_at
from cleanplate.reason.movers import Mover

GREY, BLUE, ORANGE = (90, 90, 100), (60, 60, 170), (220, 130, 40)


def footage_of(folder: Path, pictures: Array, hero: list[Array]) -> Footage:
    return gather(pictures, np.stack(hero).astype(np.uint8), range(len(hero)), folder, lambda advance=1: None)


def test_a_plank_is_found_as_far_as_it_goes_on_and_the_ground_is_not() -> None:
    plank, foot = block(40, 80, 280, 92), block(60, 92, 90, 150)
    picture = film(1, lambda n: coloured(coloured(texture(3, 4), plank, GREY), foot, ORANGE))[0]
    whole = grown(picture, plank & block(40, 80, 110, 92), foot, 1e4)
    assert (whole & plank).sum() > 0.9 * (whole | plank).sum()
    ground = block(120, 120, 150, 140)
    assert (grown(picture, ground, foot, 1e4) == ground).all()  # it goes on to the picture's edge
    part = plank & block(40, 80, 110, 92)
    assert (grown(picture, part, foot, 1000) == part).all()  # larger than it may be


@pytest.mark.parametrize(
    ("thing", "above", "below", "role"),
    [
        (block(130, 150, 150, 185), 0.0, 0.3, Effect.HANGS),  # by its top, below the foot: a hand has hold of it
        (block(125, 100, 155, 120), 0.4, 0.4, Effect.HELD),  # in a lap
        (block(125, 130, 155, 150), 0.4, 0.4, None),  # in the midst of it, down to the ground
        (block(125, 150, 155, 210), 0.0, 1.0, Effect.HANGS),  # heavier, but far below its foot
        (block(40, 150, 260, 175), 0.0, 1.0, None),  # a table
    ],
)
def test_who_holds_whom(thing: Array, above: float, below: float, role: Effect | None) -> None:
    there = block(100, 50, 180, 150)
    assert role_of(Beside(thing, above, below), there) is role


def test_a_thing_comes_down_by_what_is_under_it_wherever_else_it_reaches() -> None:
    table = block(100, 100, 160, 150)
    assert rests_at(block(120, 70, 140, 100), table) == 100
    bench = block(90, 80, 240, 100) | block(220, 100, 240, 160)
    assert rests_at(bench, table) == 100  # its other leg stands on the ground
    assert rests_at(block(165, 90, 180, 120), table) == 120  # beside it
    assert rests_at(block(120, 70, 140, 100), np.zeros_like(table)) == 100


def test_two_things_on_one_table_are_two_claims(tmp_path: Path) -> None:
    table, vase, cup = block(100, 90, 220, 150), disc(125, 74, 16), disc(195, 78, 12)
    picture = coloured(coloured(coloured(texture(3, 5), table, ORANGE), vase, BLUE), cup, (60, 160, 70))
    footage = footage_of(tmp_path, film(5, lambda n: picture), [table] * 5)
    found = borne(footage, 1, [None] * 5)
    assert [claim.contact.effect for claim in found] == [Effect.RESTS_ON] * 2
    for claim, truth in zip(sorted(found, key=lambda one: one.mover.blobs[0].centre[0]), (vase, cup), strict=True):
        mask = claim.mover.blobs[0].mask(footage.shape)
        assert (mask & truth).sum() > 0.8 * (mask | truth).sum()


def test_what_leans_on_the_object_and_moves_with_it_would_have_stayed(tmp_path: Path) -> None:
    places = [20 + 4 * n for n in range(8)]
    heroes = [block(x, 80, x + 30, 150) for x in places]
    boxes = [block(x + 31, 90, x + 61, 150) for x in places]
    ground = texture(3, 5)
    pictures = film(8, lambda n: coloured(coloured(ground, heroes[n], ORANGE), boxes[n], BLUE))
    (claim,) = borne(footage_of(tmp_path, pictures, heroes), 1, [None] * 8)
    assert claim.contact.effect is Effect.CARRIED


def test_a_push_that_shows_late_began_when_the_object_touched_while_it_moved(tmp_path: Path) -> None:
    """The object comes up to the box on frame 6 and leans on it; the box gives way from frame 12 on."""
    length = 24
    heroes = [
        block(20 + 10 * min(n, 6) + max(n - 6, 0), 80, 50 + 10 * min(n, 6) + max(n - 6, 0), 150) for n in range(length)
    ]
    boxes = [block(115 + 4 * max(n - 12, 0), 90, 175 + 4 * max(n - 12, 0), 150) for n in range(length)]
    footage = footage_of(tmp_path, film(length, lambda n: texture(3)), heroes)
    mover = Mover([blob_of(footage, n, mask & ~heroes[n]) for n, mask in enumerate(boxes)])
    contact = judge(footage, mover, Agent(footage, 1))
    assert contact is not None
    assert contact.effect is Effect.PUSHED
    assert contact.onset <= 8


@pytest.mark.parametrize("step", [0, 4])
def test_what_is_only_just_touched_is_affected_if_it_moves(tmp_path: Path, step: int) -> None:
    bodies = [block(20 + step * n, 60, 50 + step * n, 150) for n in range(8)]
    heroes = [body | block(50 + step * n, 95, 62 + step * n, 101) for n, body in enumerate(bodies)]
    boxes = [block(63 + step * n, 85, 100 + step * n, 150) for n in range(8)]
    ground = texture(3, 5)
    pictures = film(8, lambda n: coloured(coloured(ground, heroes[n], ORANGE), boxes[n], BLUE))
    found = borne(footage_of(tmp_path, pictures, heroes), 1, [None] * 8)
    assert [claim.contact.effect for claim in found] == ([Effect.CARRIED] if step else [])


def test_debris_is_no_larger_than_what_was_hit(tmp_path: Path) -> None:
    hero, ball = block(150, 80, 190, 140), disc(130, 110, 12)
    footage = footage_of(tmp_path, film(5, lambda n: texture(3)), [hero] * 5)
    mover = Mover([blob_of(footage, n, ball) for n in range(5)])
    claim = Claim(mover, Contact(Effect.STOPPED, 0, np.zeros(2), 0.8), Agent(footage, 1))
    crumb, wall = block(146, 100, 150, 110), block(0, 0, 320, 100)
    found = spread(footage, [claim], [[blob_of(footage, n, part) for part in (crumb, wall)] for n in range(5)])
    assert len(found) == 5
    assert all(not (found[at] & ~crumb).any() for at in found)
