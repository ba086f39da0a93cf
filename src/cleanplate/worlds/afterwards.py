"""What is seen once the things to remove are gone, in words: what a model of removals is told of a made world.

In the manner of VOID's descriptions: what there is and what happens to it, not a word of what was removed.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.layered.wording import with_article
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Body, Role, Scene

_FALLS, _GOES, _AFAR = 0.1, 0.15, 1.0
"""Metres down, and along the ground, from which on it is said; and those that are more than a fall to the side."""
_STEEP = 2.0
"""What rolls goes so many times as far as it goes down, or it falls."""
_TIPPED = 45.0
"""Degrees by which what stood upright leans."""
_ROUND = ("sphere", "cylinder", "capsule")
_UNCOUNTED = ("water",)


def afterwards(scene: Scene, altered: Trajectories) -> str:
    """One sentence for each thing that moves, and one for all that stay; empty where nothing is to be seen.

    Args:
        altered: how the scene goes without the things.
    """
    moving: list[str] = []
    staying: list[str] = []
    for noun, motion in _told(scene, altered):
        thing = noun if noun in _UNCOUNTED else with_article(noun)
        if motion:
            moving.append(f"{_capital(thing)} {motion}.")
        elif thing not in staying:
            staying.append(thing)
    if staying:
        where = "stay where they are" if len(staying) > 1 else "stays where it is"
        moving.append(f"{_capital(_joined(staying))} {where}.")
    return " ".join(dict.fromkeys(moving))


def _told(scene: Scene, altered: Trajectories) -> Iterable[tuple[str, str]]:
    """Of everything that is seen, what people call it and what it does; a person, in several pieces, once."""
    people: set[str] = set()
    for body in scene.bodies:
        if body.name not in altered.names or not body.drawn or body.role is Role.SET:
            continue
        if body.shape.kind == "skin":
            if body.shape.person in people:
                continue
            people.add(body.shape.person)
            yield body.shape.person, "moves" if _bends(body, altered) else ""
        else:
            yield body.noun or body.name, _motion(body, altered)


def _motion(body: Body, altered: Trajectories) -> str:
    """Empty for what stays."""
    place = altered.index(body.name)
    path, turns = altered.positions[:, place], altered.orientations[:, place]
    down, far = float(path[0, 2] - path[-1, 2]), float(np.linalg.norm(path[-1, :2] - path[0, :2]))
    up = quaternion.rotate(turns[[0, -1]], np.array([0.0, 0.0, 1.0]))
    tipped = body.shape.kind != "sphere" and np.degrees(np.arccos(np.clip(up[0] @ up[1], -1, 1))) > _TIPPED
    if body.path:
        return "moves" if far > _GOES or abs(down) > _FALLS else ""
    if body.shape.kind in _ROUND and far > max(_GOES, _STEEP * down):
        return "rolls along" if down < _FALLS else "rolls down"
    if tipped:
        return "falls and tips over" if down > max(_FALLS, far) else "tumbles along" if far > _AFAR else "falls over"
    if down > _FALLS:
        return "falls"
    return "slides along" if far > _GOES else ""


def _bends(body: Body, altered: Trajectories) -> bool:
    surface = altered.deforming[body.name].vertices
    return bool(np.linalg.norm(surface - surface[0], axis=-1).max() > _GOES)


def _joined(things: list[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
