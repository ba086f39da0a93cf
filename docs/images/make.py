"""The README's picture, from the shot that `make demo` leaves: plate, quadmask over it, composite.

Run from the repository's root after `make demo`: .venv/bin/python docs/images/make.py [SHOT]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate import Clip, QuadMask, ShotPackage
from cleanplate.masks.labels import AFFECTED, OVERLAP, REMOVE
from cleanplate.media.colour import picture

Picture = NDArray[np.uint8]
"""H x W x 3, R'G'B'."""

SHOT = Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out/ball-on-desk.shot")
OUT = Path("docs/images/before-quadmask-after.jpg")
FRAME = 22
GAP = 6
_TINTS = {REMOVE: (214, 64, 69), OVERLAP: (140, 82, 214), AFFECTED: (240, 173, 46)}
"""The report's colours for the labels."""


def main() -> None:
    """Write the three pictures side by side."""
    package = ShotPackage.open(SHOT)
    before, after = shown(package.source), shown(package.composite)
    middle = tinted(before, QuadMask.open(SHOT / "quadmask.mkv").at(FRAME))
    gap = np.full((before.shape[0], GAP, 3), 255, np.uint8)
    strip = np.hstack([before, gap, middle, gap, after])
    cv2.imwrite(str(OUT), cv2.cvtColor(strip, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])


def shown(path: Path) -> Picture:
    """One frame as a display shows it."""
    with Clip.open(path) as clip:
        return picture(clip.frame(FRAME), clip.info)


def tinted(image: Picture, labels: NDArray[np.uint8]) -> Picture:
    """The picture, grey and dim, with every label but keep in its colour."""
    grey = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    base = (grey * 0.6 + 70).astype(np.float32)
    for label, colour in _TINTS.items():
        inside = labels == label
        base[inside] = 0.25 * base[inside] + 0.75 * np.array(colour, np.float32)
    return np.asarray(np.clip(base, 0, 255), np.uint8)


if __name__ == "__main__":
    main()
