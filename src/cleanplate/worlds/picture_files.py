"""Pictures of the user's: textures, and skies of many times the range of a screen."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds.asset_files import Stamp, located, stamped

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
SKIES = (".hdr", ".exr")
"""Files of light, not of codes."""
LARGEST_SIDE = 16384
_LARGEST = 512 * 2**20
_KEY, _BRIGHT = 0.3, 0.8
"""What the typical light of a sky becomes (Reinhard et al., SIGGRAPH 2002), and from where on light is compressed."""
_SKY_ROWS = 1024


def picture_size(path: Path) -> tuple[int, int]:
    """Height and width as the file's header has them.

    Raises:
        InputError: it is no picture, or too large a one.
    """
    if path.stat().st_size > _LARGEST:
        raise _too_large(path)
    suffix = path.suffix.lower()
    height, width = _hdr_size(path) if suffix == ".hdr" else _exr_size(path) if suffix == ".exr" else _size(path)
    if min(height, width) < 1:
        raise _broken(path)
    if max(height, width) > LARGEST_SIDE:
        raise _too_large(path)
    return height, width


def read_texture(name: str, size: int, assets: Path) -> NDArray[np.uint8]:
    """A picture file as size x size x 3 uint8, sRGB. Raises InputError where it is missing or broken."""
    return _texture(stamped(located(name, assets)), size)


def read_sky(name: str, assets: Path) -> NDArray[np.uint8]:
    """A picture of all directions, 1024 x 2048 x 3 uint8, sRGB, light brought into the range of a screen.

    Raises:
        InputError: it is missing or broken.
    """
    return _sky(stamped(located(name, assets)))


def require_picture(name: str, assets: Path) -> None:
    """Raises InputError where a picture file is missing or cannot be read."""
    _require(stamped(located(name, assets)))


def exposure(name: str, assets: Path) -> float:
    """By what the light in a sky's file is multiplied, so that its typical light is as bright as any other sky's."""
    return _exposure(_light(located(name, assets)))


@lru_cache(maxsize=4096)
def _require(file: Stamp) -> None:
    _light(file.path) if file.path.suffix.lower() in SKIES else _codes(file.path)


@lru_cache(maxsize=32)
def _texture(file: Stamp, size: int) -> NDArray[np.uint8]:
    picture = _codes(file.path)
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=4)
def _sky(file: Stamp) -> NDArray[np.uint8]:
    light = cv2.resize(_light(file.path), (2 * _SKY_ROWS, _SKY_ROWS), interpolation=cv2.INTER_AREA)
    light = light * _exposure(light)
    over = np.maximum(light - _BRIGHT, 0)
    light = np.where(light > _BRIGHT, _BRIGHT + (1 - _BRIGHT) * over / (over + 1 - _BRIGHT), light)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(np.maximum(light, 1e-9), 1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(encoded, 0, 1) * 255), np.uint8)


def _exposure(light: NDArray[np.float32]) -> float:
    """The key over the mean of the logarithms of luminance (Rec. 709)."""
    luminance = light @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return float(_KEY / max(float(np.exp(np.log(np.maximum(luminance, 1e-6)).mean())), 1e-6))


def _light(path: Path) -> NDArray[np.float32]:
    """H x W x 3, linear, of a file of light or of codes."""
    picture_size(path)
    if path.suffix.lower() == ".exr":
        light = _exr(path)
    elif path.suffix.lower() == ".hdr":
        picture = cv2.imread(str(path), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
        if picture is None:
            raise _broken(path)
        light = np.asarray(picture[..., ::-1], np.float32)
    else:
        codes = _codes(path).astype(np.float32) / 255
        light = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(np.maximum(np.nan_to_num(light, nan=0.0, posinf=1e5), 0), np.float32)


def _codes(path: Path) -> NDArray[np.uint8]:
    picture_size(path)
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise _broken(path)
    return np.asarray(picture[..., ::-1], np.uint8)


def _size(path: Path) -> tuple[int, int]:
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            return int(stream.height), int(stream.width)
    except (av.FFmpegError, IndexError, OSError):
        raise _broken(path) from None


def _hdr_size(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        found = re.search(rb"\n[-+]Y (\d+) [-+]X (\d+)\n", file.read(4096))
    if not found:
        raise _broken(path)
    return int(found[1]), int(found[2])


def _exr_size(path: Path) -> tuple[int, int]:
    import OpenEXR

    try:
        with OpenEXR.File(str(path), header_only=True) as exr:
            low, high = exr.parts[0].header["dataWindow"]
    except (RuntimeError, OSError, ValueError, KeyError):
        raise _broken(path) from None
    return int(high[1] - low[1] + 1), int(high[0] - low[0] + 1)


def _exr(path: Path) -> NDArray[np.float32]:
    import OpenEXR

    try:
        with OpenEXR.File(str(path), separate_channels=True) as exr:
            channels = exr.parts[0].channels
            return np.stack([np.array(channels[name].pixels, np.float32) for name in "RGB"], axis=-1)
    except (RuntimeError, OSError, ValueError, KeyError):
        raise _broken(path) from None


def _broken(path: Path) -> InputError:
    return InputError(
        "the file cannot be read as a picture", where=str(path), remedy="Save it again as PNG, JPEG or HDR."
    )


def _too_large(path: Path) -> InputError:
    return InputError(
        f"the picture is larger than {LARGEST_SIDE} pixels a side or 512 MB", where=str(path), remedy="Make it smaller."
    )
