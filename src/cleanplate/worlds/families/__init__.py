"""Families of scenes: each module samples one kind of cause and effect."""

from __future__ import annotations

from cleanplate.errors import UsageError
from cleanplate.worlds.families import (
    blocked,
    bystander,
    carried,
    collide,
    crash,
    cushion,
    dominoes,
    held,
    leaning,
    lever,
    person_carries,
    person_holds,
    person_kicks,
    person_lap,
    person_passes,
    person_pushes,
    person_sits,
    pile,
    ramp_wall,
    shadow,
    splash,
    struck,
    support,
    top,
    tower,
)
from cleanplate.worlds.families.family import Family, stage_for
from cleanplate.worlds.families.owned import Furnishings
from cleanplate.worlds.people.skeleton import Motion
from cleanplate.worlds.pinned import pinned
from cleanplate.worlds.scene import Scene

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY
    for module in (
        support,
        tower,
        held,
        blocked,
        ramp_wall,
        struck,
        collide,
        crash,
        cushion,
        splash,
        dominoes,
        lever,
        leaning,
        pile,
        carried,
        top,
        shadow,
        bystander,
        person_holds,
        person_carries,
        person_pushes,
        person_lap,
        person_kicks,
        person_sits,
        person_passes,
    )
}
"""All of them by name; distractors stand in the background of every one."""
TRAINING: tuple[str, ...] = tuple(name for name, family in FAMILIES.items() if not family.held_out)
"""Those that models may be trained on; the others are for evaluation alone."""


PEOPLE: tuple[str, ...] = tuple(name for name in TRAINING if name.startswith("person-"))
"""Those of people."""
MOVED: tuple[str, ...] = tuple(module.FAMILY.name for module in (person_holds, person_carries, person_passes))
"""Those whose people can move as somebody was recorded."""


def sample(family: str, seed: int, motions: tuple[Motion, ...] = (), furnishings: Furnishings | None = None) -> Scene:
    """A scene of that family: the same for the same seed, in any process.

    Args:
        motions: recorded ones (`people.library`), for the people in it.
        furnishings: with the user's own assets (`families.owned`); the scene is then bound to their content.

    Raises:
        UsageError: there is no such family.
        InputError: an asset is missing or broken.
    """
    if family not in FAMILIES:
        raise UsageError(f"no family is called '{family}'", remedy=f"There are {', '.join(FAMILIES)}.")
    chosen = FAMILIES[family]
    stage = stage_for(chosen, seed, furnishings)
    stage.motions = motions
    remove = chosen.play(stage)
    scene = stage.scene(chosen.name, seed, remove, chosen.promises)
    return pinned(scene, stage.assets) if stage.assets else scene
