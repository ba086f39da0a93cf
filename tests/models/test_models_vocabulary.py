"""Instructions for several things, taken apart by the words of vera-nano."""

from __future__ import annotations

from itertools import cycle, product

import numpy as np
import pytest

from cleanplate.errors import UsageError
from cleanplate.models.catalogue.vocabulary import NANO
from cleanplate.worlds.layered.drift import KINDS as CAMERAS
from cleanplate.worlds.layered.places import KINDS as PLACES
from cleanplate.worlds.layered.wording import Facts, add_instruction, with_article


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("Add a red ball in the middle of the frame.", ["Add a red ball in the middle of the frame."]),
        (
            "Insert a white box and a pink capsule in the top part of the scene, staying in their place, "
            "and nothing else.",
            [
                "Insert a white box in the top part of the scene, staying in its place, and nothing else.",
                "Insert a pink capsule in the top part of the scene, staying in its place, and nothing else.",
            ],
        ),
        (
            "Place a blue ball, a yellow cone and an orange paper boat in the left part of the picture so that they "
            "are moving slowly from left to right. Let their shadows fall as the light asks for.",
            [
                f"Place {thing} in the left part of the picture so that it is moving slowly from left to right. "
                "Let its shadow fall as the light asks for."
                for thing in ("a blue ball", "a yellow cone", "an orange paper boat")
            ],
        ),
        (
            "please add ball, kite, and star on the left",
            [f"please add {x} on the left" for x in ("ball", "kite", "star")],
        ),
        ("Add a balloon to my video and nothing else", ["Add a balloon to my video and nothing else"]),
        (
            "Add a red ball in the left part of the frame and a blue box in the right part of the frame.",
            ["Add a red ball in the left part of the frame", "Add a blue box in the right part of the frame."],
        ),
        ("Add a red ball. Add a blue box.", ["Add a red ball", "Add a blue box."]),
        (
            "Add the red balloon & the kite,  moving slowly",
            [f"Add the {x}, moving slowly" for x in ("red balloon", "kite")],
        ),
        (
            "Add a star and a kite on the left, and please put a mug on the right. They are moving slowly.",
            [
                "Add a star on the left",
                "Add a kite on the left",
                "Add a mug on the right. They are moving slowly.",
            ],
        ),
        (
            "Place a star and a kite. They are in the middle",
            [f"Place a {x}. it is in the middle" for x in ("star", "kite")],
        ),
        ("Add a red  \n ball.", ["Add a red ball."]),
    ],
)
def test_things_that_are_listed_are_asked_for_one_by_one(asked: str, expected: list[str]) -> None:
    assert list(NANO.names.one_by_one(asked)) == expected


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("Add an orange paper boat in the middle of the frame.", "an orange paper boat"),
        ("put Ball on the left", "a ball"),
        ("Add the ORANGE  balloon", "an orange balloon"),
        ("Change the background to a desert", "Change the background to a desert"),
    ],
)
def test_the_first_thing_is_named(asked: str, named: str) -> None:
    assert NANO.names.named(asked) == named


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Add 3 fish.", "the word '3'"),
        ("Add a красный ball.", "the word 'красный'"),
        ("Add a kite behind a box.", "'a box' is named where nothing can be added"),
        ("Add a bright red ball and a box.", "'bright' cannot be said of a ball"),
        ("Add a red ball and a dim blue box", "'dim' cannot be said of a box"),
        ("Add a ball that is red.", "the colour 'red'"),
        ("Add a ball, it is red.", "the colour 'red'"),
        ("Add a red and blue ball.", "the colour 'red'"),
        ("Add a paper ball.", "'paper' cannot be said of a ball"),
    ],
)
def test_what_would_be_lost_is_refused(asked: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        NANO.require(asked, "vera-nano", background=False)
    assert told in refused.value.what
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("Change the background to a desert. Keep the red ball, a Paper Boat and a blue box intact.", 3),
        ("Replace everything behind the pink mushroom with a calm sea. Keep the pink mushroom exactly as it is.", 1),
        ("Set the scene in a desert instead. The red can must stay unchanged.", 1),
        ("Keep can and red cone, please, and change the background to a desert", 1),
        ("Change the background to a desert of rolling dunes.", 0),
        ("Change the background to a desert. Everything else stays as it is.", 0),
    ],
)
def test_what_is_to_stay_is_listed(asked: str, kept: int) -> None:
    listed = NANO.names.kept(asked)
    known = ("red ball", "paper boat", "blue box", "pink mushroom", "red can", "red cone")
    assert listed == tuple(name for name in known if name in asked.lower())[:kept]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Change the background to a calm sea with a paper boat.", "'paper boat' is named where nothing is kept"),
        ("Change the background to a desert with a red box. Keep the blue ball.", "'red box' is named where"),
        ("Replace everything behind the red ball with a calm sea with a mug.", "'mug' is named where nothing is kept"),
        ("Put the red ball in a desert.", "'red ball' is named where nothing is kept"),
        ("Change the background to a desert. Keep the red and blue ball.", "the colour 'red'"),
        ("Change the background to a desert. Keep the ball that is red.", "the colour 'red'"),
        ("Change the background to a desert. Keep the bright red ball.", "'bright' cannot be said of a ball"),
    ],
)
def test_what_a_background_cannot_have_or_would_lose_is_refused(asked: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        NANO.require(asked, "vera-nano", background=True)
    assert told in str(refused.value)
    assert refused.value.remedy


def test_every_instruction_that_worlds_make_is_taken() -> None:
    random = np.random.default_rng(0)
    for (colour, thing), place in zip(product(NANO.colours, NANO.things), cycle(PLACES.values()), strict=False):
        noun, several = f"{colour} {thing}", bool(random.integers(2))
        facts = Facts(
            noun=f"{noun} and a white box" if several else noun,
            light=place.light,
            scene="a calm sea",
            camera=str(random.choice(CAMERAS)),
            where=(float(random.random()), float(random.random())),
            moves=float(random.uniform(-0.6, 0.6)),
            size=float(random.random()),
            effects="their shadows" if several else "its shadow",
            several=several,
        )
        asked = add_instruction(facts, random)
        NANO.require(asked, "vera-nano", background=False)
        assert len(NANO.names.one_by_one(asked)) == 1 + several
        assert NANO.names.named(asked) == with_article(noun)
