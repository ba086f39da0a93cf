"""Stock of layered clips: made by seed, kept, put together, mirrored; and the words that vera-nano is said to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from cleanplate.errors import InputError
from cleanplate.models.catalogue.vocabulary import NANO, words
from cleanplate.worlds.layered.alpha import TOLERANCE
from cleanplate.worlds.layered.clip import Task, Tier
from cleanplate.worlds.layered.job import LayeredJob
from cleanplate.worlds.layered.mixing import added, added_take, extended, mirrored, moved, moved_take, over
from cleanplate.worlds.layered.places import KINDS
from cleanplate.worlds.layered.sprites import COLOURS, OUTLINES
from cleanplate.worlds.layered.stage import _shape
from cleanplate.worlds.layered.stock import Shoot, Stock, Take, Thing, load, save
from drawn_stock import shoot, take, thing

SIZE, LENGTH = (24, 40), 2


def same(a: Stock, b: Stock) -> bool:
    return all(np.array_equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))


def test_a_thing_and_a_shoot_are_their_seeds_and_come_back(tmp_path: Path) -> None:
    made, other = Thing.make(Task.ADD, 5, SIZE, LENGTH), Shoot.make(5, SIZE, LENGTH)
    save(made, tmp_path / "thing.npz")
    save(other, tmp_path / "shoot.npz")
    assert same(load(Thing, tmp_path / "thing.npz"), made)
    assert same(load(Shoot, tmp_path / "shoot.npz"), other)
    assert same(Thing.make(Task.ADD, 5, SIZE, LENGTH), made)
    assert not same(Thing.make(Task.ADD, 6, SIZE, LENGTH), made)


@pytest.mark.parametrize("damage", [lambda whole: whole[: len(whole) // 2], lambda whole: b"", lambda whole: b"x" * 99])
def test_damaged_stock_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "thing.npz"
    save(thing(3), path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=r"no thing of the stock.*Delete it"):
        load(Thing, path)


def test_stock_of_another_kind_is_named(tmp_path: Path) -> None:
    save(shoot(3), tmp_path / "thing.npz")
    with pytest.raises(InputError, match="no thing of the stock"):
        load(Thing, tmp_path / "thing.npz")


def test_a_take_adds_what_was_rendered(tmp_path: Path) -> None:
    made = Take.make(7, SIZE, LENGTH)
    save(made, tmp_path / "take.npz")
    assert same(load(Take, tmp_path / "take.npz"), made)
    assert made.empty.shape == (LENGTH, *SIZE, 3)
    assert made.places.shape == (2, LENGTH, *SIZE, 3)
    mixed = added_take(made, np.random.default_rng(0))
    inside = made.coverage == 255
    wrong = np.abs(mixed.composite.astype(int) - over(made.colour, made.coverage, made.empty))[inside]
    assert inside.any()
    assert wrong.max() <= TOLERANCE
    assert "shadow" in mixed.instruction


def test_what_is_put_together_adds_up() -> None:
    rng = np.random.default_rng(0)
    for mixed in (added(thing(1), shoot(1), 0, rng), added_take(take(2), rng)):
        laid = over(mixed.edit, mixed.alpha, mixed.source)
        assert np.array_equal(laid, mixed.composite)
        assert np.array_equal(mixed.composite[mixed.alpha == 0], mixed.source[mixed.alpha == 0])
    for mixed in (moved(thing(1), shoot(1), (0, 1), rng), moved_take(take(2), 1, rng)):
        assert mixed.subject is not None
        assert np.array_equal(mixed.composite[mixed.subject == 255], mixed.source[mixed.subject == 255])
        assert np.array_equal(mixed.composite[mixed.subject == 0], mixed.edit[mixed.subject == 0])
        assert "a snowy field" in mixed.instruction


def test_words_follow_the_mirror() -> None:
    straight, turned = thing(2), mirrored(thing(2))
    assert np.array_equal(turned.rgba, straight.rgba[:, :, ::-1])
    assert turned.facts.where[0] == pytest.approx(1 - straight.facts.where[0])
    assert same(mirrored(turned), straight)
    assert np.array_equal(mirrored(shoot(2)).places, shoot(2).places[:, :, :, ::-1])
    texts = [added(one, shoot(0), 0, np.random.default_rng(0)).instruction for one in (straight, turned)]
    assert "from left to right" in texts[0]
    assert "from right to left" in texts[1]


def test_where_nothing_is_covered_the_colour_is_the_things() -> None:
    one = thing(0).rgba
    edit = extended(one[..., :3], one[..., 3])
    assert (edit == (230, 20, 20)).all()
    shadowed = take(0)
    outside = extended(shadowed.edit, shadowed.alpha, shadowed.coverage)[shadowed.alpha == 0]
    assert (outside == (230, 20, 20)).all()


def test_vera_nanos_words_are_those_of_the_worlds() -> None:
    shapes = {_shape(np.random.default_rng(seed))[0] for seed in range(60)}
    assert set(NANO.things) == set(OUTLINES) | shapes
    assert NANO.colours == tuple(COLOURS)
    assert NANO.places == tuple(kind.words for kind in KINDS.values())


@pytest.mark.parametrize("task", Task)
def test_every_sentence_of_the_worlds_is_understood(task: Task) -> None:
    said: set[str] = set()
    for seed in range(100):
        rng = np.random.default_rng(seed)
        one, place = (mirrored(thing(seed)), mirrored(shoot(seed))) if seed % 2 else (thing(seed), shoot(seed))
        mixed = added(one, place, 0, rng) if task is Task.ADD else moved(one, place, (0, 1), rng)
        NANO.require(mixed.instruction, "vera-nano", background=task is Task.BACKGROUND)
        said |= words(mixed.instruction)
    for seed in range(10):
        clip = LayeredJob(Path(), Tier.SYNTHETIC, task, seed, *SIZE, LENGTH).clip()
        NANO.require(clip.instruction, "vera-nano", background=task is Task.BACKGROUND)
    assert len(said) > 40
