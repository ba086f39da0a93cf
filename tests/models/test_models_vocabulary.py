"""Instructions for several things, taken apart by the words of vera-nano."""

from __future__ import annotations

import pytest

from cleanplate.models.catalogue.vocabulary import NANO


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
    ],
)
def test_things_that_are_listed_are_asked_for_one_by_one(asked: str, expected: list[str]) -> None:
    assert list(NANO.one_by_one(asked)) == expected


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("Add an orange paper boat in the middle of the frame.", "an orange paper boat"),
        ("put Ball on the left", "Ball"),
        ("Keep the red balloon intact", "red balloon"),
        ("Change the background to a desert", "Change the background to a desert"),
    ],
)
def test_the_first_thing_is_named(asked: str, named: str) -> None:
    assert NANO.named(asked) == named
