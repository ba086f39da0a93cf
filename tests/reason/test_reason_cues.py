"""Each cue of the physics reasoner by itself, on shapes and small drawn pictures with known answers."""

from pathlib import Path

import numpy as np
import pytest
from drawn_scenes import HEIGHT, WIDTH, Array, block, coloured, disc, film, texture

from cleanplate.reason.agents import Agent
from cleanplate.reason.bearing import borne, role_of
from cleanplate.reason.beside import Beside, things_beside
from cleanplate.reason.blobs import Blob, blob_of
from cleanplate.reason.consequences import claims
from cleanplate.reason.contact import Contact, Effect, gaps, judge, passes_behind
from cleanplate.reason.footage import Footage, gather
from cleanplate.reason.instead import falls, goes_on, ground_of, stays
from cleanplate.reason.laying import laid
from cleanplate.reason.movers import Mover
from cleanplate.reason.reflection import correlation
from cleanplate.reason.sunlight import sun_of

LENGTH = 20
RED, BLUE, ORANGE = (200, 60, 50), (60, 60, 170), (220, 130, 40)


def footage_of_masks(folder: Path, hero: list[Array], pictures: Array | None = None) -> Footage:
    """Footage without a camera's motion; gray where no pictures are given."""
    rgb = np.full((len(hero), HEIGHT, WIDTH, 3), 128, np.uint8) if pictures is None else pictures
    return gather(rgb, [h.astype(np.uint8) for h in hero], range(len(hero)), folder, lambda advance=1: None)


def mover_of(footage: Footage, masks: list[Array]) -> Mover:
    return Mover([blob_of(footage, at, mask) for at, mask in enumerate(masks) if mask.any()])


def ball_against(folder: Path, speed_after: float, wall: Array, *, y: float = 100.0) -> tuple[Footage, Mover]:
    """A ball that comes from the left at 10 pixels a frame, and from frame 10 on moves at another speed."""
    footage = footage_of_masks(folder, [wall] * LENGTH)
    places = [60 + 10 * n if n <= 10 else 160 + speed_after * (n - 10) for n in range(LENGTH)]
    return footage, mover_of(footage, [disc(x, y, 12) & ~wall for x in places])


WALL = block(173, 60, 200, 140)


def test_contact_is_the_gap_between_what_both_show(tmp_path: Path) -> None:
    footage, ball = ball_against(tmp_path, 0.0, WALL)
    distance = gaps(ball, Agent(footage, 1))
    assert distance[10] == pytest.approx(1.0)  # the ball ends at x = 172, the wall begins at 173
    assert distance[8] == pytest.approx(21.0)
    assert distance[0] == np.inf


@pytest.mark.parametrize(("after", "effect"), [(0.0, Effect.STOPPED), (-6.0, Effect.STRUCK)])
def test_what_comes_up_to_the_object_and_stops_was_blocked_and_what_turns_was_struck(
    tmp_path: Path, after: float, effect: Effect
) -> None:
    footage, ball = ball_against(tmp_path, after, WALL)
    contact = judge(footage, ball, Agent(footage, 1))
    assert contact is not None
    assert contact.effect is effect
    assert contact.onset == 11
    assert contact.before == pytest.approx([10, 0], abs=0.5)
    assert 0.5 < contact.confidence <= 0.9


def test_what_goes_on_as_before_was_not_touched(tmp_path: Path) -> None:
    wall = block(173, 120, 200, 160)
    footage, ball = ball_against(tmp_path, 10.0, wall, y=105.0)  # over the wall's top, 3 pixels above
    assert judge(footage, ball, Agent(footage, 1)) is None


def test_what_shrinks_where_it_meets_the_object_goes_behind_it_and_counts_for_less(tmp_path: Path) -> None:
    tower = block(165, 20, 200, 160)
    footage, ball = ball_against(tmp_path, 2.0, tower)  # slow, and more and more of it hidden
    agent = Agent(footage, 1)
    assert passes_behind(ball, agent, 10)
    hidden = judge(footage, ball, agent)
    open_footage, stopped = ball_against(tmp_path, 0.0, WALL)
    seen = judge(open_footage, stopped, Agent(open_footage, 1))
    assert hidden is not None
    assert seen is not None
    assert not passes_behind(stopped, Agent(open_footage, 1), 10)
    assert hidden.confidence < 0.7 * seen.confidence


@pytest.mark.parametrize(
    ("thing", "role"),
    [
        (block(120, 60, 160, 100), Effect.RESTS_ON),  # on top
        (block(90, 150, 190, 175), None),  # below, and as large: it carries the object
        (block(120, 150, 150, 170), Effect.HANGS),  # below, and small
        (block(180, 110, 195, 125), Effect.HELD),  # small, aside, clear of the ground
        (block(180, 90, 240, 150), Effect.LEANS),  # aside, down to the ground
        (block(180, 144, 240, 150), None),  # a flat thing at the foot
    ],
)
def test_support_follows_gravity(thing: Array, role: Effect | None) -> None:
    there = block(100, 100, 180, 150)
    above = float(thing[:100].any() and not thing[100:].any())
    below = float(thing[150:].any())
    assert role_of(Beside(thing, above, below), there) is role


def test_a_thing_that_never_moves_is_told_from_the_ground_by_its_colour_and_rests_on_the_object(tmp_path: Path) -> None:
    table, vase = block(120, 90, 200, 150), disc(160, 74, 16)
    ground = texture(3)
    pictures = film(5, lambda n: coloured(coloured(ground, table, ORANGE), vase, BLUE))
    footage = footage_of_masks(tmp_path, [table] * 5, pictures)
    found = [one for one in things_beside(footage, 1, 2) if one.above > 0.5]
    assert len(found) == 1
    assert (found[0].mask & vase).sum() > 0.8 * (found[0].mask | vase).sum()
    (claim,) = borne(footage, 1, [None] * 5)
    assert claim.contact.effect is Effect.RESTS_ON
    assert claim.contact.confidence == pytest.approx(0.55)
    assert borne(footage, 1, [vase] * 5) == []  # explained already


def test_bare_ground_bears_nothing(tmp_path: Path) -> None:
    table = block(120, 90, 200, 150)
    pictures = film(5, lambda n: coloured(texture(3), table, ORANGE))
    assert borne(footage_of_masks(tmp_path, [table] * 5, pictures), 1, [None] * 5) == []


def test_one_thing_sets_off_the_next(tmp_path: Path) -> None:
    hero = [disc(min(20 + 12 * n, 92), 100, 12) for n in range(LENGTH)]
    first = [disc(120 + 10 * max(n - 6, 0) if n < 12 else 170, 100, 12) for n in range(LENGTH)]
    second = [disc(196 + 8 * max(n - 11, 0), 100, 12) for n in range(LENGTH)]
    footage = footage_of_masks(tmp_path, hero)
    movers = [mover_of(footage, masks) for masks in (second, first)]
    chosen = claims(footage, movers, lambda a, b: np.zeros((*a.shape, 2), np.float32), 1)
    assert [claim.contact.effect for claim in chosen] == [Effect.PUSHED, Effect.PUSHED]
    near, far = chosen
    assert near.agent.mover is None
    assert far.agent.mover is not None
    assert far.agent.mover is near.mover
    assert near.contact.onset < far.contact.onset
    assert far.contact.confidence < near.contact.confidence


def one_blob(folder: Path, mask: Array) -> tuple[Footage, Blob]:
    footage = footage_of_masks(folder, [np.zeros((HEIGHT, WIDTH), bool)] * LENGTH)
    return footage, blob_of(footage, 2, mask)


def test_what_loses_its_support_falls_to_the_ground_and_lies_there(tmp_path: Path) -> None:
    footage, vase = one_blob(tmp_path, block(100, 40, 120, 60))
    table = block(80, 60, 140, 140)
    ground = ground_of(table)
    assert 130 < ground <= 140
    fallen = falls(footage, vase, ground, LENGTH - 1)
    rows = {at: np.flatnonzero(fallen.masks[at].any(axis=1)) for at in fallen.masks}
    assert rows[LENGTH - 1].max() == pytest.approx(ground, abs=4)
    assert rows[LENGTH - 1].min() > ground - 30
    assert rows[3].min() < 60 < rows[3].max()  # on the way, all of it is swept
    assert fallen.rest is not None
    assert fallen.rest.y == pytest.approx(ground - 10.5, abs=1)


def test_what_was_stopped_goes_on_and_leaves_and_what_was_pushed_stays(tmp_path: Path) -> None:
    footage, ball = one_blob(tmp_path, disc(60, 100, 10))
    contact = Contact(Effect.STOPPED, 3, np.array([20.0, 0.0]), 0.8)
    gone = goes_on(footage, ball, contact, LENGTH - 1)
    columns = np.flatnonzero(gone.masks[6].any(axis=0))
    assert columns.max() == pytest.approx(60 + 4 * 20 + 10, abs=1)
    assert columns.min() == pytest.approx(60 + 4 * 14 - 10, abs=1)  # slowed by friction at most to 0.7
    assert gone.path[-1].x > WIDTH
    still = stays(footage, ball)
    assert (still.masks[LENGTH - 1] == disc(60, 100, 10)).all()


@pytest.mark.parametrize(("aside", "down"), [(0.75, -0.2), (-0.75, 0.2)])
def test_a_still_shadow_on_a_pattern_tells_where_the_light_is(tmp_path: Path, aside: float, down: float) -> None:
    hero = block(150, 60, 175, 110)
    cast = laid(hero, aside, down, 104.0) & ~hero
    ground = texture(11, detail=8)
    picture = coloured(np.where(cast[..., None], 0.65 * ground, ground), hero, RED)
    footage = footage_of_masks(tmp_path, [hero] * 3, film(3, lambda n: picture))
    sun = sun_of(footage, 1, [0, 2])
    assert sun is not None
    found = sun.shadow(hero, sun.ground(hero)) & ~hero
    assert (found & cast).sum() > 0.5 * (found | cast).sum()
    assert 0.3 < sun.confidence <= 0.8


@pytest.mark.parametrize("detail", [2.0, 14.0])
def test_no_light_is_told_where_no_shadow_is(tmp_path: Path, detail: float) -> None:
    hero = block(150, 60, 175, 110)
    picture = coloured(texture(12, detail), hero, RED)
    assert sun_of(footage_of_masks(tmp_path, [hero] * 2, film(2, lambda n: picture)), 1, [0, 1]) is None


@pytest.mark.filterwarnings("error")
def test_a_thing_too_thin_to_have_an_inside_is_like_no_mirror_image() -> None:
    nothing = np.zeros((0, 3), np.float32)
    assert correlation(nothing, nothing.astype(np.uint8)) == 0
