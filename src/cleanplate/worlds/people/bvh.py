"""Motion capture in Biovision's BVH: a hierarchy with offsets and channels, then a line of numbers a frame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

_AXES = {"X": (1.0, 0.0, 0.0), "Y": (0.0, 1.0, 0.0), "Z": (0.0, 0.0, 1.0)}
_REMEDY = "Export it again as BVH, with its hierarchy and its motion."
_MOST_JOINTS, _MOST_FRAMES = 500, 200_000


def read_bvh(path: Path) -> Motion:
    """A motion as it is in the file: its own units, and mostly y up (`Motion.upright`, `Motion.sized` mend that).

    Raises:
        InputError: there is no such file, or it is no BVH.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="strict")
        return _Reader(text).motion()
    except OSError as error:
        raise InputError("it cannot be read", where=str(path), remedy="Check the path.") from error
    except (ValueError, StopIteration, IndexError) as error:
        raise InputError(
            f"this is no BVH that can be used ({error or 'it ends early'})", where=str(path), remedy=_REMEDY
        ) from error


@dataclass
class _Joint:
    name: str
    parent: int
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)
    channels: tuple[str, ...] = ()


@dataclass
class _Reader:
    text: str
    joints: list[_Joint] = field(default_factory=list)

    def motion(self) -> Motion:
        head, found, body = self.text.partition("MOTION")
        if not found:
            raise ValueError("it has no motion")
        words = iter(head.split())
        self._expect(words, "HIERARCHY")
        self._expect(words, "ROOT")
        self._joint(words, next(words), -1)
        rate, values = self._values(body)
        return self._built(rate, values)

    def _joint(self, words: Iterator[str], name: str, parent: int) -> None:
        if len(self.joints) >= _MOST_JOINTS:
            raise ValueError(f"it has more than {_MOST_JOINTS} joints")
        joint = _Joint(name, parent)
        place = len(self.joints)
        self.joints.append(joint)
        self._expect(words, "{")
        while (word := next(words)) != "}":
            if word == "OFFSET":
                joint.offset = tuple(_number(next(words)) for _ in range(3))
            elif word == "CHANNELS":
                joint.channels = tuple(next(words) for _ in range(int(next(words))))
            elif word in {"JOINT", "End"}:
                below = next(words)
                self._joint(words, f"{name} end" if word == "End" else below, place)
            else:
                raise ValueError(f"'{word}' stands where it cannot")

    def _values(self, body: str) -> tuple[float, Array]:
        lines = [line for line in body.splitlines() if line.strip()]
        frames, seconds = int(lines[0].split(":")[1]), _number(lines[1].split(":")[1])
        width = sum(len(joint.channels) for joint in self.joints)
        if not 0 < frames <= _MOST_FRAMES or seconds <= 0:
            raise ValueError(f"{frames} frames of {seconds} s")
        values = np.array(" ".join(lines[2 : 2 + frames]).split(), np.float64)
        if values.size != frames * width or not np.isfinite(values).all():
            raise ValueError(f"{values.size} numbers where {frames} frames of {width} channels need {frames * width}")
        return 1 / seconds, values.reshape(frames, width)

    def _built(self, rate: float, values: Array) -> Motion:
        skeleton = Skeleton(
            tuple(joint.name for joint in self.joints),
            tuple(joint.parent for joint in self.joints),
            np.array([joint.offset for joint in self.joints], np.float64),
        )
        root = np.broadcast_to(skeleton.offsets[0], (len(values), 3)).copy()
        turns = np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (len(values), len(self.joints), 1))
        column = 0
        for number, joint in enumerate(self.joints):
            for channel in joint.channels:
                axis, what = channel[0].upper(), channel[1:].lower()
                if axis not in _AXES or what not in {"position", "rotation"}:
                    raise ValueError(f"channel '{channel}' is unknown")
                if what == "rotation":
                    turns[:, number] = quaternion.multiply(turns[:, number], _turn(axis, values[:, column]))
                elif number == 0:
                    root[:, "XYZ".index(axis)] = values[:, column]
                column += 1
        return Motion(skeleton, rate, root, turns)

    def _expect(self, words: Iterator[str], wanted: str) -> None:
        got = next(words)
        if got != wanted:
            raise ValueError(f"'{got}' stands where '{wanted}' should")


def _number(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"'{word}' is no number")
    return number


def _turn(axis: str, degrees: Array) -> Array:
    """T x 4 rotations about one axis."""
    half = np.radians(degrees)[:, None] / 2
    return np.hstack([np.sin(half) * _AXES[axis], np.cos(half)])
