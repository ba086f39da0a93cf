"""Drawn clips with known masks, for the segmenters' tests."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask, Track
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags

HEIGHT, WIDTH = 180, 320
Colour = tuple[int, int, int]
Places = list[tuple[int, int] | None]


@dataclass(frozen=True)
class Scene:
    """Pictures (H x W x 3 uint8 RGB) with the object's true mask on each."""

    pictures: list[NDArray[np.uint8]]
    masks: list[Mask]

    def write(self, path: Path) -> Path:
        fmt, colour = pixel_format("gbrp"), ColourTags(matrix="gbr", range="pc", transfer="bt709", primaries="bt709")
        height, width = self.pictures[0].shape[:2]
        base = Fraction(1, 25)
        with Ffv1Writer(path, fmt, height, width, colour=colour, time_base=base, rate=1 / base) as writer:
            for index, picture in enumerate(self.pictures):
                writer.write([np.ascontiguousarray(picture[..., c]) for c in range(3)], index)
        return path


def texture(height: int, width: int, colour: Colour, seed: int, contrast: float = 18.0) -> NDArray[np.float32]:
    """A surface: a colour with soft random spots, so that flow has something to hold on to."""
    rng = np.random.default_rng(seed)
    spots = cv2.GaussianBlur(rng.normal(size=(height, width, 1)).astype(np.float32), (0, 0), 2.0)[..., None]
    fine = rng.normal(size=(height, width, 3)).astype(np.float32)
    return np.asarray(np.array(colour) + contrast * 4 * spots + 2 * fine, np.float32)


def disc(x: float, y: float, radius: float) -> Mask:
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray((xs - x) ** 2 + (ys - y) ** 2 <= radius**2)


def draw(
    places: Places,
    *,
    radius: float = 22,
    wall: tuple[int, int] | None = None,
    colours: list[Colour] | None = None,
    pan: float = 0.0,
) -> Scene:
    """A textured disc before a textured ground.

    Args:
        places: its centre (x, y) on each frame, or None where it is not in the picture.
        wall: (x0, x1) of an upright wall in front of everything.
        colours: the disc's colour on each frame; None keeps red.
        pan: pixels that the ground moves to the left on each frame.
    """
    ground = texture(HEIGHT, WIDTH + round(pan * len(places)), (90, 120, 100), seed=1)
    skin: dict[Colour, NDArray[np.float32]] = {}
    pictures, masks = [], []
    for index, place in enumerate(places):
        shift = np.array([[1, 0, -pan * index], [0, 1, 0]], np.float32)
        picture = cv2.warpAffine(ground, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros((HEIGHT, WIDTH), bool)
        if place is not None:
            colour = (200, 50, 40) if colours is None else colours[index]
            surface = skin.setdefault(colour, texture(HEIGHT, WIDTH, colour, seed=2))
            move = np.array([[1, 0, place[0] - WIDTH / 2], [0, 1, place[1] - HEIGHT / 2]], np.float32)
            mask = disc(*place, radius)
            picture[mask] = cv2.warpAffine(surface, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)[mask]
        if wall is not None:
            picture[:, wall[0] : wall[1]] = texture(HEIGHT, wall[1] - wall[0], (60, 60, 150), seed=3)
            mask[:, wall[0] : wall[1]] = False
        pictures.append(np.clip(np.rint(picture), 0, 255).astype(np.uint8))
        masks.append(mask)
    return Scene(pictures, masks)


def overlap(a: Mask, b: Mask) -> float:
    """Intersection over union, 1 for two empty masks; written apart from the package's own."""
    union = np.logical_or(a, b).sum()
    return float(np.logical_and(a, b).sum() / union) if union else 1.0


def overlaps(track: Track, scene: Scene) -> NDArray[np.float64]:
    return np.array([overlap(track.mask(n), mask) for n, mask in enumerate(scene.masks)])
