"""Synthetic morphing: what a generated thing may do to itself, done to a thing whose masks are known.

Every kind takes a clip (T pictures, H x W x 3 uint8), the thing's masks (T, H x W bool) and a generator, and gives a
clip of the same length that is the same before `START`. Sizes are shares of the thing's size, the root of its area.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Morph = Callable[[Sequence[Picture], Sequence[Mask], np.random.Generator], list[Picture]]

START = 4
WARP = 0.10
"""Of the thing's size: how far its surface is displaced at most."""
LATENT_FRAMES = 4
"""Frames in which a warp becomes another one: the codec's step in time, at which generated shapes change."""
_BRIEF = 2
"""Displacements that a brief warp passes through."""
_PUMP = 0.2
_FADE = 6
"""Frames that a blend or a change of colour takes."""
_CHROMA = 35.0
"""Distance of the new colour, in OpenCV's 8-bit Lab."""
_SOFT, _GRAIN = 0.7, 1.5
"""Of decoded pictures: pixels, and codes of 255 of noise as wide as a pixel."""
_LEAST = 20
_FIELD = 64


def warped(
    clip: Sequence[Picture],
    masks: Sequence[Mask],
    rng: np.random.Generator,
    share: float = WARP,
    brief: bool = False,
) -> list[Picture]:
    """Local displacements that go along with the thing, and pass every `LATENT_FRAMES` into others.

    Args:
        brief: it comes and has gone again within three times as many frames, somewhere in the clip.
    """
    count = _BRIEF if brief else (len(clip) - START) // LATENT_FRAMES + 2
    still = np.zeros((_FIELD, _FIELD, 2), np.float32)
    keys = [still, *(_field(rng) for _ in range(count)), still, still]
    first = START + (int(rng.integers(len(clip) - START - LATENT_FRAMES * (_BRIEF + 1))) if brief else 0)

    def one(number: int, picture: Picture, mask: Mask) -> Picture:
        place, between = divmod(max(number - first + 1, 0) / LATENT_FRAMES, 1.0)
        key = min(int(place), len(keys) - 2)
        late = between**2 * (3 - 2 * between)
        field = (1 - late) * keys[key] + late * keys[key + 1]
        (x, y), size = _place(mask)
        zoom = 2 * size / _FIELD
        laid = cv2.warpAffine(field, np.array([[zoom, 0, x - size], [0, zoom, y - size]]), picture.shape[1::-1])
        return _displaced(picture, share * size * laid * _around(mask, size)[..., None])

    return _each(clip, masks, one)


def pumped(clip: Sequence[Picture], masks: Sequence[Mask], rng: np.random.Generator) -> list[Picture]:
    """It grows and shrinks by a fifth."""
    period = rng.uniform(4, 7)

    def one(number: int, picture: Picture, mask: Mask) -> Picture:
        (x, y), size = _place(mask)
        larger = 1 + _PUMP * np.sin(2 * np.pi * (number - START + 1) / period)
        away = _grid(picture) - np.array([x, y], np.float32)
        near = np.clip(2.2 - np.linalg.norm(away, axis=2) / size, 0, 1)
        return _displaced(picture, away * (1 / larger - 1) * near[..., None])

    return _each(clip, masks, one)


def blended(clip: Sequence[Picture], masks: Sequence[Mask], rng: np.random.Generator) -> list[Picture]:
    """Another shape fades in as its own fades out."""
    squeeze, turn = _other_shape(rng)

    def one(number: int, picture: Picture, mask: Mask) -> Picture:
        share = min(1.0, (number - START + 1) / _FADE)
        other = _replaced(picture, mask, squeeze, turn)
        return np.rint((1 - share) * picture + share * other.astype(np.float64)).astype(np.uint8)

    return _each(clip, masks, one)


def swapped(clip: Sequence[Picture], masks: Sequence[Mask], rng: np.random.Generator) -> list[Picture]:
    """From one frame on it is another thing, in shape and colour."""
    squeeze, turn = _other_shape(rng)
    when = int(rng.integers(START, len(clip) - START))
    channels = [(1, 2, 0), (2, 0, 1), (2, 1, 0)][int(rng.integers(3))]

    def one(number: int, picture: Picture, mask: Mask) -> Picture:
        return _replaced(picture, mask, squeeze, turn, channels) if number >= when else picture

    return _each(clip, masks, one)


def recoloured(clip: Sequence[Picture], masks: Sequence[Mask], rng: np.random.Generator) -> list[Picture]:
    """Its hue goes over into another one."""
    angle = rng.uniform(0, 2 * np.pi)
    change = _CHROMA * np.array([0, np.cos(angle), np.sin(angle)])

    def one(number: int, picture: Picture, mask: Mask) -> Picture:
        share = min(1.0, (number - START + 1) / _FADE)
        lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB) + share * change * _soft(mask)[..., None]
        return np.asarray(cv2.cvtColor(np.clip(np.rint(lab), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8)

    return _each(clip, masks, one)


MORPHS: dict[str, Morph] = {
    "warp 10 %": warped,
    "warp 5 %": partial(warped, share=WARP / 2),
    "warp 20 %": partial(warped, share=2 * WARP),
    "brief warp 10 %": partial(warped, brief=True),
    "pump": pumped,
    "blend": blended,
    "swap": swapped,
    "colour": recoloured,
}


def decoded(clip: Sequence[Picture], rng: np.random.Generator) -> list[Picture]:
    """As a decoder gives it: a little soft, with grain of its own on every frame."""
    return [_grainy(picture, rng) for picture in clip]


def _grainy(picture: Picture, rng: np.random.Generator) -> Picture:
    noise = cv2.GaussianBlur(rng.standard_normal(picture.shape, np.float32), (0, 0), 1.0)
    soft = cv2.GaussianBlur(picture, (0, 0), _SOFT) + (_GRAIN / float(noise.std())) * noise
    return np.asarray(np.clip(np.rint(soft), 0, 255), np.uint8)


def _each(
    clip: Sequence[Picture], masks: Sequence[Mask], one: Callable[[int, Picture, Mask], Picture]
) -> list[Picture]:
    pairs = enumerate(zip(clip, masks, strict=True))
    return [one(n, a, m) if n >= START and np.count_nonzero(m) >= _LEAST else a for n, (a, m) in pairs]


def _field(rng: np.random.Generator) -> NDArray[np.float32]:
    """Smooth random displacements over two sizes of a thing; the longest in the inner half, where it is, is 1."""
    noise = rng.standard_normal((_FIELD, _FIELD, 2)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 0.14 * _FIELD, borderType=cv2.BORDER_REFLECT)
    inner = smooth[_FIELD // 4 : 3 * _FIELD // 4, _FIELD // 4 : 3 * _FIELD // 4]
    return np.asarray(smooth / np.linalg.norm(inner, axis=2).max(), np.float32)


def _place(mask: Mask) -> tuple[tuple[float, float], float]:
    rows, columns = np.nonzero(mask)
    return (float(columns.mean()), float(rows.mean())), float(np.sqrt(len(rows)))


def _around(mask: Mask, size: float) -> NDArray[np.float32]:
    """1 on the thing, falling off to 0 within half its size, so that no seam is seen."""
    reach = 2 * max(2, round(0.25 * size)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return np.asarray(cv2.GaussianBlur(cv2.dilate(mask.astype(np.float32), disc), (0, 0), max(0.6, 0.1 * size)))


def _soft(mask: Mask) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7))


def _grid(picture: Picture) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2).astype(np.float32)


def _displaced(picture: Picture, by: NDArray[np.floating]) -> Picture:
    places = (_grid(picture) + by).astype(np.float32)
    return np.asarray(cv2.remap(picture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _other_shape(rng: np.random.Generator) -> tuple[float, float]:
    """How much wider (and as much lower), and by how many degrees turned."""
    return float(rng.choice([0.6, 1.6])), float(rng.uniform(30, 90))


def _replaced(
    picture: Picture, mask: Mask, squeeze: float, turn: float, channels: tuple[int, int, int] = (0, 1, 2)
) -> Picture:
    """The thing taken away, and laid back squeezed, turned and with its channels in another order."""
    (x, y), _ = _place(mask)
    size = picture.shape[1::-1]
    stretch = np.array([[squeeze, 0, x * (1 - squeeze)], [0, 1 / squeeze, y * (1 - 1 / squeeze)], [0, 0, 1]])
    matrix = cv2.getRotationMatrix2D((x, y), turn, 1.0) @ stretch
    look = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)[..., list(channels)]
    alpha = _soft(cv2.warpAffine(mask.astype(np.float32), matrix, size) > 0.5)[..., None]
    hole = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    ground = cv2.inpaint(picture, hole, 3, cv2.INPAINT_TELEA)
    return np.asarray(np.rint(ground * (1 - alpha) + look * alpha), np.uint8)
