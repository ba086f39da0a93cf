"""Close-ups: a square window that follows a thing over a clip, what is seen in it, and that put back.

Small models say little of a thing that is small in the frame. So they draw it in a window that is placed before
(`models.placing`), in which it is large and stays in the middle. C channels, T frames, H W rows and columns; windows
lie in pixels, in which the top left corner of the picture is 0, 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

FILLS = 0.6
"""Of a window's side: what a thing takes."""
_SPREAD = 4.0
"""Sides of a filled square or disk, about, in deviations of its pixels along an axis."""
_BENDS = 3
"""Coefficients of a thing's way over time: it is followed along a parabola."""
_FAINT, _HAZE = 0.1, 0.3
"""Alpha below which nothing is shown, and the part of the strongest below which it is haze."""
_LEAST = 1e-3
"""Of a frame's pixels: where less is covered there is no thing."""


@dataclass(frozen=True)
class Aim:
    """Where a window is.

    Attributes:
        middles_T2: x and y, float64.
        sides_T: float64.
    """

    middles_T2: NDArray[np.float64]
    sides_T: NDArray[np.float64]

    def until(self, frame: int) -> Aim:
        """Over the frames before this one."""
        return Aim(self.middles_T2[:frame], self.sides_T[:frame])


def worded(thing: str) -> str:
    """How a model is told that it sees a close-up of something; no words stay none."""
    return thing and f"Close-up of {thing}."


def following(alpha_THW: NDArray[np.float32]) -> Aim | None:
    """The window that follows what alpha (0..1) shows, evenly; None where it shows nothing.

    Its side stays in proportion over time to the thing's height and breadth, whichever is larger, as fitted by a line.
    """
    strongest = max(_FAINT, float(alpha_THW.max()))
    weight = np.clip((alpha_THW.astype(np.float64) / strongest - _HAZE) / (1 - _HAZE), 0, 1)
    mass = weight.sum(axis=(1, 2))
    seen = mass > _LEAST * weight[0].size
    if not seen.any():
        return None
    y, x = (np.arange(side, dtype=np.float64) + 0.5 for side in weight.shape[1:])
    share = weight[seen] / mass[seen, None, None]
    (across, broad), (down, tall) = _spread(share.sum(axis=1), x), _spread(share.sum(axis=2), y)
    sides = np.maximum(broad, tall) * _SPREAD / FILLS
    times, where = np.linspace(-1, 1, len(weight)), np.flatnonzero(seen)
    return Aim(
        np.stack([_smooth(times, where, middle, mass[seen], _BENDS) for middle in (across, down)], axis=-1),
        np.maximum(_smooth(times, where, sides, mass[seen], _BENDS - 1), sides.min() / 2),
    )


def cropped(video_CTHW: Tensor, aim: Aim, side: int, *, outside: float | None = None) -> Tensor:
    """What is seen in a window, C x T x side x side.

    Args:
        outside: value beyond the frame; None goes on with its edge.
    """
    rows, columns = video_CTHW.shape[2:]
    steps = (torch.arange(side) + 0.5) / side - 0.5
    middles, sides = torch.from_numpy(aim.middles_T2).float(), torch.from_numpy(aim.sides_T).float()
    x = (middles[:, :1] + sides[:, None] * steps) * 2 / columns - 1
    y = (middles[:, 1:] + sides[:, None] * steps) * 2 / rows - 1
    if outside is None:
        return _sampled(video_CTHW, x, y, "border")
    return _sampled(video_CTHW.float() - outside, x, y, "zeros") + outside


def pasted(closeup_CTSS: Tensor, aim: Aim, onto_CTHW: Tensor) -> Tensor:
    """A clip with what is in the window put back where it was seen."""
    rows, columns = onto_CTHW.shape[2:]
    middles, sides = torch.from_numpy(aim.middles_T2).float(), torch.from_numpy(aim.sides_T).float()
    x = (torch.arange(columns) + 0.5 - middles[:, :1]) * 2 / sides[:, None]
    y = (torch.arange(rows) + 0.5 - middles[:, 1:]) * 2 / sides[:, None]
    back = _sampled(closeup_CTSS, x, y, "border")
    inside = ((x.abs() <= 1)[:, None, :] & (y.abs() <= 1)[:, :, None])[None]
    return torch.where(inside, back, onto_CTHW.float())


def _sampled(video_CTHW: Tensor, x_TW: Tensor, y_TH: Tensor, beyond: str) -> Tensor:
    """At columns and rows of each frame, in which the picture spans -1..1."""
    size = -1, y_TH.shape[1], x_TW.shape[1]
    grid = torch.stack((x_TW[:, None, :].expand(size), y_TH[:, :, None].expand(size)), dim=-1)
    frames = video_CTHW.float().transpose(0, 1)
    return functional.grid_sample(frames, grid, padding_mode=beyond, align_corners=False).transpose(0, 1)


def _spread(
    share_TL: NDArray[np.float64], places_L: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and deviations along an axis, of each frame."""
    means = (share_TL * places_L).sum(axis=1)
    return means, np.sqrt((share_TL * np.square(places_L - means[:, None])).sum(axis=1))


def _smooth(
    times: NDArray[np.float64],
    where: NDArray[np.intp],
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    bends: int,
) -> NDArray[np.float64]:
    """Values at some times as a polynomial over all of them, of as many coefficients as there are times for."""
    fitted = np.polynomial.Polynomial.fit(
        times[where], values, min(bends, len(where)) - 1, w=np.sqrt(weights), domain=[-1, 1]
    )
    return np.asarray(fitted(times), np.float64)
