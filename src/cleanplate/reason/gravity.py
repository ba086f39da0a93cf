"""Which way things fall in the pictures: as the file says, as the user says, or as the camera's roll tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanplate.media.probe import ClipInfo
from cleanplate.motion.camera import roll_of
from cleanplate.reason.footage import Footage

_LEVEL = 5.0
"""Degrees of roll under which a camera counts as level: so much an estimate errs, and so much does no harm."""


@dataclass(frozen=True)
class Gravity:
    """Where down is.

    Attributes:
        told: degrees clockwise from down in the picture as players show it; "auto" begins with 0 and follows the
            camera's roll; None is 0.
        turns: counterclockwise quarter turns that bring the coded pictures nearest to upright.
        rest: degrees clockwise from down that are left in the pictures so turned.
        aspect: width of such a picture's pixel over its height.
    """

    told: float | Literal["auto"] | None
    turns: int
    rest: float
    aspect: float

    @classmethod
    def of(cls, told: float | Literal["auto"] | None, info: ClipInfo) -> Gravity:
        """For a clip."""
        angle = 0.0 if told is None or told == "auto" else float(told)
        quarters = round(angle / 90)
        turns = (-info.rotation // 90 + quarters) % 4
        aspect = float(info.sample_aspect)
        return cls(told, turns, angle - 90 * quarters, 1 / aspect if turns % 2 else aspect)

    def levelled(self, footage: Footage, folder: Path) -> tuple[Footage, str]:
        """The pictures with gravity pointing down, and what was taken for down, in words."""
        angles = np.full(len(footage), self.rest)
        match self.told:
            case None:
                note = _FILE
            case "auto":
                rolls = rolled(footage, self.aspect)
                note = _STEADY
                if np.ptp(rolls) >= _LEVEL:
                    angles = angles + rolls
                    note = _ROLLING.format(footage.frames[0], rolls.min() + 0.0, rolls.max() + 0.0)
            case degrees:
                note = _TOLD.format(degrees)
        return (footage.levelled(angles, self.aspect, folder) if angles.any() else footage), note


def rolled(footage: Footage, aspect: float = 1.0) -> NDArray[np.float64]:
    """T: degrees clockwise by which each picture shows the scene turned, beside the first.

    Args:
        aspect: width of a pixel over its height; a turn is one only where pixels are square.
    """
    height, width = footage.shape
    square = np.diag([aspect, 1.0, 1.0])
    steps = [square @ matrix @ np.linalg.inv(square) for matrix in footage.anchored]
    middle = height, aspect * (width - 1) + 1
    return np.rint(np.unwrap([roll_of(step, *middle) for step in steps], period=360) * 10) / 10


def down(footage: Footage) -> tuple[float, float]:
    """Down on the first picture, as (x, y) of unit length on the coded grid."""
    (y0, x0), (y1, x1) = footage.coded_point(0.0, 0.0), footage.coded_point(1.0, 0.0)
    length = float(np.hypot(x1 - x0, y1 - y0))
    return round((x1 - x0) / length, 6) + 0.0, round((y1 - y0) / length, 6) + 0.0


_FILE = "Gravity: down in the picture as the file is shown."
_TOLD = "Gravity: {:g} degrees clockwise from down in the picture, as told."
_STEADY = "Gravity: down in the picture as the file is shown; the camera's roll is under 5 degrees."
_ROLLING = (
    "Gravity: down in the picture on frame {}, and from there with the camera's roll, which turns the picture by "
    "{:.0f} to {:.0f} degrees clockwise."
)
