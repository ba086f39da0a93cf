"""What the kinds of place look like: each function draws sheets (straight RGBA, distance) from far to near."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.noise import fractal, ramp

Sheet = tuple[NDArray[np.float32], float]
"""H x W x 4 float32, 0..1, and the distance at which the camera sees it."""

_FAR, _MIDDLE, _NEAR = 4.0, 2.0, 1.0


def sky(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """Blue that pales downwards, with clouds."""
    air = _vertical(height, width, (0.22, 0.45, 0.80), (0.75, 0.86, 0.95))
    clouds = fractal(height, width, rng, period=width / 3, octaves=6)
    cover = np.clip((clouds - rng.uniform(0.45, 0.6)) * 5, 0, 1)
    shade = ramp(clouds, (0.4, (0.75, 0.78, 0.84)), (1.0, (1.0, 1.0, 1.0)))
    return [(_opaque(air), _FAR), (np.dstack([shade, cover]).astype(np.float32), _MIDDLE)]


def sea(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """A horizon, and water whose waves grow towards the viewer."""
    horizon = round(height * rng.uniform(0.35, 0.5))
    picture = _vertical(height, width, (0.45, 0.66, 0.88), (0.88, 0.91, 0.93))
    rows = height - horizon
    field = cv2.GaussianBlur(fractal(8 * rows, 3 * width, rng, period=width / 6, octaves=6), (0, 0), sigmaX=4, sigmaY=1)
    away = 1 / (0.12 + np.linspace(0, 1, rows, dtype=np.float32)[:, None])
    x = (np.arange(width, dtype=np.float32)[None, :] - width / 2) * away * 0.5 + 1.5 * width
    waves = cv2.remap(field, x, np.repeat(away * rows * 0.9, width, 1), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    depth = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    water = ramp(waves, (0.2, (0.03, 0.18, 0.30)), (0.7, (0.10, 0.38, 0.50)), (1.0, (0.85, 0.93, 0.95)))
    picture[horizon:] = water * (0.75 + 0.25 * (1 - depth[..., None])) + 0.25 * (1 - depth[..., None])
    return [(_opaque(np.clip(picture, 0, 1)), _MIDDLE)]


def city(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """Rows of dark houses with lit windows before a night sky."""
    night = _vertical(height, width, (0.02, 0.03, 0.09), (0.16, 0.12, 0.22))
    sheets = [(_opaque(night), _FAR)]
    for distance, base in ((3.0, 0.10), (1.6, 0.05)):
        sheet = np.zeros((height, width, 4), np.float32)
        x = 0
        while x < width:
            across = int(rng.integers(max(6, width // 22), max(8, width // 9)))
            top = round(height * rng.uniform(0.25, 0.7))
            sheet[top:, x : x + across] = (*(base + rng.uniform(0, 0.05, 3)), 1)
            _windows(sheet, (top, x, height, min(width, x + across)), rng)
            x += across + int(rng.integers(0, 4))
        sheets.append((sheet, distance))
    return sheets


def forest(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """Trunks in mist, the nearer the darker."""
    sheets = [(_opaque(_vertical(height, width, (0.70, 0.78, 0.72), (0.42, 0.52, 0.40))), _FAR)]
    for step, distance in enumerate((3.0, 1.8, 1.0)):
        sheet = np.zeros((height, width, 4), np.float32)
        for _ in range(14 - 4 * step):
            middle, half = rng.uniform(0, width), width * rng.uniform(0.003, 0.007) * (step + 1)
            lean = rng.uniform(-0.04, 0.04) * height
            corners = [(middle - half + lean, 0), (middle + half + lean, 0), (middle + half * 1.4, height)]
            _fill(
                sheet,
                [*corners, (middle - half * 1.4, height)],
                (0.38 - 0.1 * step, 0.36 - 0.1 * step, 0.3 - 0.09 * step),
            )
        bark = fractal(height, width, rng, period=width / 40, octaves=4)
        sheet[..., :3] *= 0.7 + 0.6 * cv2.GaussianBlur(bark, (0, 0), sigmaX=0.6, sigmaY=6)[..., None]
        sheets.append((np.clip(sheet, 0, 1), distance))
    return sheets


def desert(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """Dunes behind dunes, each with a lit and a shaded side."""
    sheets = [(_opaque(_vertical(height, width, (0.35, 0.55, 0.82), (0.93, 0.85, 0.70))), _FAR)]
    for step, distance in enumerate((3.0, 2.0, 1.2)):
        line = _ridge(width, rng, height * (0.45 + 0.16 * step), height * 0.08)
        sheet = _below(height, width, line)
        grain = fractal(height, width, rng, period=width / 12, octaves=6)
        sheet[..., :3] = ramp(grain, (0.2, (0.72, 0.46, 0.25)), (0.8, (0.93, 0.72, 0.44))) * (0.85 + 0.07 * step)
        sheets.append((sheet, distance))
    return sheets


def bricks(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """Courses of bricks, each of its own shade, in pale mortar."""
    tall = max(4, height // int(rng.integers(14, 22)))
    across, mortar = tall * 3, max(1, tall // 8)
    picture = np.full((height, width, 3), (0.66, 0.63, 0.58), np.float32)
    base = np.array((0.55, 0.27, 0.20)) * rng.uniform(0.8, 1.2)
    for row in range(0, height, tall):
        for column in range(-across if (row // tall) % 2 else -across // 2, width, across):
            colour = base * rng.uniform(0.8, 1.2) + rng.uniform(-0.03, 0.03, 3)
            picture[row + mortar : row + tall, max(0, column + mortar) : max(0, column + across)] = colour
    picture *= 0.8 + 0.4 * fractal(height, width, rng, period=width / 20, octaves=6)[..., None]
    return [(_opaque(np.clip(picture, 0, 1)), _NEAR)]


def studio(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """One colour, brighter in the middle, with a floor that is lighter or darker."""
    colour = np.array([(0.75, 0.75, 0.77), (0.35, 0.45, 0.60), (0.60, 0.38, 0.36), (0.32, 0.50, 0.42)][rng.integers(4)])
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    glow = np.exp(-(x**2 + (y + 0.2) ** 2)).astype(np.float32)[..., None]
    floor = 1 / (1 + np.exp(-(y - 0.45) * 25)).astype(np.float32)[..., None]
    picture = colour * (0.55 + 0.5 * glow) * (1 + 0.15 * floor) + rng.normal(0, 0.004, (height, width, 1))
    return [(_opaque(np.clip(picture, 0, 1).astype(np.float32)), _MIDDLE)]


def snow(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """White ground before blue hills under a pale sky."""
    sheets = [(_opaque(_vertical(height, width, (0.62, 0.72, 0.84), (0.90, 0.93, 0.96))), _FAR)]
    hills = _below(height, width, _ridge(width, rng, height * 0.45, height * 0.1))
    hills[..., :3] = ramp(
        fractal(height, width, rng, period=width / 8), (0, (0.50, 0.58, 0.70)), (1, (0.72, 0.79, 0.87))
    )
    ground = _below(height, width, _ridge(width, rng, height * 0.6, height * 0.03))
    drifts = cv2.GaussianBlur(fractal(height, width, rng, period=width / 6), (0, 0), sigmaX=6, sigmaY=2)
    ground[..., :3] = ramp(drifts, (0.2, (0.78, 0.84, 0.92)), (0.8, (0.98, 0.99, 1.0)))
    return [*sheets, (hills, 3.0), (ground, 1.4)]


def grass(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """Blades that grow longer towards the viewer, below hills and sky."""
    sheets = [(_opaque(_vertical(height, width, (0.35, 0.58, 0.88), (0.80, 0.90, 0.96))), _FAR)]
    hills = _below(height, width, _ridge(width, rng, height * 0.42, height * 0.08))
    hills[..., :3] = (0.36, 0.50, 0.58)
    meadow = _below(height, width, _ridge(width, rng, height * 0.52, height * 0.02))
    meadow[..., :3] = ramp(
        fractal(height, width, rng, period=width / 10), (0, (0.18, 0.36, 0.10)), (1, (0.48, 0.62, 0.22))
    )
    for _ in range(width * 4):
        x, depth = rng.uniform(0, width), rng.uniform(0, 1) ** 0.7
        y = height * (0.53 + 0.47 * depth)
        tip = (x + rng.normal(0, 2 + 3 * depth), y - height * (0.008 + 0.04 * depth))
        shade = np.array((0.25, 0.48, 0.12)) * rng.uniform(0.6, 1.5)
        cv2.line(meadow, (round(x), round(y)), tuple(map(round, tip)), (*np.clip(shade, 0, 1), 1.0), 1, cv2.LINE_AA)
    return [*sheets, (hills, 3.0), (meadow, 1.2)]


def interior(height: int, width: int, rng: np.random.Generator) -> list[Sheet]:
    """A papered wall, a window that lets light in, and boards."""
    wall_colour = np.array([(0.78, 0.72, 0.62), (0.62, 0.70, 0.68), (0.72, 0.62, 0.60)][rng.integers(3)], np.float32)
    floor_line = round(height * rng.uniform(0.68, 0.78))
    picture = np.broadcast_to(wall_colour, (height, width, 3)).copy()
    stripes = (np.arange(width) // max(3, width // 40)) % 2
    picture *= (0.96 + 0.04 * stripes).astype(np.float32)[None, :, None]
    boards = (np.arange(height - floor_line) // max(3, height // 30)) % 2
    wood = ramp(
        fractal(height - floor_line, width, rng, period=width / 5), (0, (0.40, 0.27, 0.17)), (1, (0.58, 0.42, 0.28))
    )
    picture[floor_line:] = wood * (0.92 + 0.08 * boards)[:, None, None]
    left, top = round(width * rng.uniform(0.1, 0.55)), round(height * 0.15)
    right, bottom = left + width // 4, top + round(height * 0.38)
    picture[top - 4 : bottom + 4, left - 4 : right + 4] = 0.93
    picture[top:bottom, left:right] = _vertical(bottom - top, right - left, (0.65, 0.80, 0.95), (0.92, 0.95, 0.93))
    picture[top:bottom, (left + right) // 2 - 1 : (left + right) // 2 + 1] = 0.93
    light = cv2.GaussianBlur((np.arange(width)[None, :] > left).astype(np.float32).repeat(height, 0), (0, 0), width / 8)
    return [(_opaque(np.clip(picture * (0.85 + 0.2 * light[..., None]), 0, 1)), _NEAR)]


def _vertical(height: int, width: int, top: tuple[float, ...], bottom: tuple[float, ...]) -> NDArray[np.float32]:
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.asarray(
        np.broadcast_to(
            np.array(top, np.float32) * (1 - t) + np.array(bottom, np.float32) * t, (height, width, 3)
        ).copy()
    )


def _opaque(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.dstack([picture, np.ones(picture.shape[:2], np.float32)]).astype(np.float32)


def _ridge(width: int, rng: np.random.Generator, level: float, swing: float) -> NDArray[np.float64]:
    """A skyline: a row for every column."""
    line = cv2.resize(rng.uniform(-1, 1, (1, 9)).astype(np.float32), (width, 1), interpolation=cv2.INTER_CUBIC)[0]
    return np.asarray(level + swing * line, np.float64)


def _below(height: int, width: int, line: NDArray[np.float64]) -> NDArray[np.float32]:
    """An empty sheet that is opaque under a skyline, with a soft edge."""
    sheet = np.zeros((height, width, 4), np.float32)
    sheet[..., 3] = np.clip(np.arange(height)[:, None] - line[None, :] + 0.5, 0, 1)
    return sheet


def _fill(sheet: NDArray[np.float32], corners: list[tuple[float, float]], colour: tuple[float, float, float]) -> None:
    points = np.array(corners, np.float32)
    cv2.fillPoly(sheet, [np.rint(points * 16).astype(np.int32)], (*colour, 1.0), cv2.LINE_AA, 4)


def _windows(sheet: NDArray[np.float32], box: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    top, left, bottom, right = box
    step = max(3, sheet.shape[0] // 45)
    for y in range(top + step, bottom - step, step * 2):
        for x in range(left + step // 2, right - step, step * 2):
            if rng.random() < 0.35:
                sheet[y : y + step, x : x + step, :3] = np.array((1.0, 0.85, 0.5)) * rng.uniform(0.5, 1.0)
