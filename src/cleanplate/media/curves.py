"""One invertible curve per clip between a plate's own R'G'B' and values in which it looks like a picture.

Vision models are made for display-like pictures. Standard video is one already; PQ, HLG, camera log and linear light
are not. Their curve decodes to linear light relative to diffuse white, and encodes that as sRGB does up to diffuse
white and with a logarithm above it, scaled so that the curve's brightest value is 1. It works on each channel alone,
it rises strictly, and nothing is clipped, so the plate's own values come back.

Sources: PQ and HLG of ITU-R BT.2100-2, diffuse white by ITU-R BT.2408-7 (203 cd/m2; 75 % HLG), sRGB of IEC 61966-2-1,
the camera logs of their makers' white papers, log100 and log316 of ITU-T H.273.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cleanplate.media.frame import ColourTags

Values = NDArray[np.floating[Any]]

DIFFUSE_WHITE_NITS = 203.0
_PQ_PEAK_NITS = 10000.0
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_HLG_A = 0.17883277
_HLG_B = 1 - 4 * _HLG_A
_HLG_C = 0.5 - _HLG_A * float(np.log(4 * _HLG_A))
_KNEE = 0.1
"""In units of diffuse white: how soon above it the roll-off halves the slope."""


class Transfer(Protocol):
    """A plate's coding of light: both directions, elementwise. Linear light is relative to diffuse white."""

    def to_linear(self, signal: Values) -> Values: ...

    def from_linear(self, light: Values) -> Values: ...


def pq_to_nits(signal: Values) -> Values:
    """Display light in cd/m2 (0..10000) of a PQ signal 0..1; signals over 1.5 are taken for 1.5."""
    root: Values = np.power(np.clip(signal, 0, 1.5), 1 / _M2)
    nits: Values = _PQ_PEAK_NITS * np.power(np.maximum(root - _C1, 0) / (_C2 - _C3 * root), 1 / _M1)
    return nits


def nits_to_pq(nits: Values) -> Values:
    """The PQ signal of a display light in cd/m2."""
    powered = np.power(np.maximum(nits, 0) / _PQ_PEAK_NITS, _M1)
    signal: Values = np.power((_C1 + _C2 * powered) / (1 + _C3 * powered), _M2)
    return signal


def hlg_to_scene(signal: Values) -> Values:
    """Scene light 0..1 of an HLG signal 0..1; below zero the curve is mirrored."""
    size = np.abs(signal)
    bright = (np.exp((np.maximum(size, 0.5) - _HLG_C) / _HLG_A) + _HLG_B) / 12
    return np.copysign(np.where(size <= 0.5, size**2 / 3, bright), signal)


def scene_to_hlg(light: Values) -> Values:
    """The HLG signal of a scene light 0..1; below zero the curve is mirrored."""
    size = np.abs(light)
    bright = _HLG_A * np.log(np.maximum(12 * size, 1) - _HLG_B) + _HLG_C
    signal: Values = np.copysign(np.where(size <= 1 / 12, np.sqrt(3 * size), bright), light)
    return signal


@dataclass(frozen=True)
class Pq:
    """Perceptual quantizer, as display light. Below zero, where it says nothing, light is the signal itself."""

    def to_linear(self, signal: Values) -> Values:
        return np.where(signal < 0, signal, pq_to_nits(signal) / DIFFUSE_WHITE_NITS)

    def from_linear(self, light: Values) -> Values:
        return np.where(light < 0, light, nits_to_pq(light * DIFFUSE_WHITE_NITS))


@dataclass(frozen=True)
class Hlg:
    """Hybrid log-gamma, as scene light."""

    def to_linear(self, signal: Values) -> Values:
        return hlg_to_scene(signal) / _HLG_WHITE

    def from_linear(self, light: Values) -> Values:
        return scene_to_hlg(light * _HLG_WHITE)


_HLG_WHITE = float(hlg_to_scene(np.array(0.75)))


@dataclass(frozen=True)
class Linear:
    """Light itself; diffuse white is 1."""

    def to_linear(self, signal: Values) -> Values:
        return signal

    def from_linear(self, light: Values) -> Values:
        return light


@dataclass(frozen=True)
class Log:
    """V = c log10(a L + b) + d from L = cut on, and V = e L + f below."""

    a: float
    b: float
    c: float
    d: float
    cut: float
    e: float
    f: float

    def to_linear(self, signal: Values) -> Values:
        at_cut = self.e * self.cut + self.f
        above = (np.power(10.0, (np.maximum(signal, at_cut) - self.d) / self.c) - self.b) / self.a
        return np.where(signal >= at_cut, above, (signal - self.f) / self.e)

    def from_linear(self, light: Values) -> Values:
        above = self.c * np.log10(self.a * np.maximum(light, self.cut) + self.b) + self.d
        return np.where(light >= self.cut, above, self.e * light + self.f)


_LN10 = float(np.log(10))
_LOG2 = float(np.log10(2))
_LOGC4_A, _LOGC4_B, _LOGC4_C = (2**18 - 16) / 117.45, (1023 - 95) / 1023, 95 / 1023
_LOGC4_S = 7 * float(np.log(2)) * 2 ** (7 - 14 * _LOGC4_C / _LOGC4_B) / (_LOGC4_A * _LOGC4_B)
_LOGC4_T = (2 ** (6 - 14 * _LOGC4_C / _LOGC4_B) - 64) / _LOGC4_A

TRANSFERS: dict[str, Transfer] = {
    "smpte2084": Pq(),
    "arib-std-b67": Hlg(),
    "linear": Linear(),
    "log100": Log(1, 0, 1 / 2, 1, 0.01, 50 / _LN10, -0.5 / _LN10),
    "log316": Log(1, 0, 1 / 2.5, 1, 10**-2.5, 10**2.5 / (2.5 * _LN10), -1 / (2.5 * _LN10)),
    "slog3": Log(
        1 / 0.19, 0.01 / 0.19, 261.5 / 1023, 420 / 1023, 0.01125, (171.2102946929 - 95) / 0.01125 / 1023, 95 / 1023
    ),
    "logc3": Log(5.555556, 0.052272, 0.247190, 0.385537, 0.010591, 5.367655, 0.092809),
    "logc4": Log(
        _LOGC4_A,
        64,
        _LOGC4_B / 14 / _LOG2,
        _LOGC4_C - 6 * _LOGC4_B / 14,
        _LOGC4_T,
        1 / _LOGC4_S,
        -_LOGC4_T / _LOGC4_S,
    ),
    "vlog": Log(1, 0.00873, 0.241514, 0.598206, 0.01, 5.6, 0.125),
    "log3g10": Log(155.975327, 155.975327 * 0.01 + 1, 0.224282, 0, -0.01, 15.1927, 0.01 * 15.1927),
    "acescct": Log(1, 0, 1 / 17.52 / _LOG2, 9.72 / 17.52, 0.0078125, 10.5402377416545, 0.0729055341958355),
}
"""By FFmpeg's names of transfers; camera logs, which no file tags, by their own (LogC3 at EI 800)."""


@dataclass(frozen=True)
class Curve:
    """A clip's curve; made by `curve_for`.

    Attributes:
        transfer: a key of `TRANSFERS`, or None where the plate is a display-like picture already.
        low, high: linear light, relative to diffuse white, that becomes 0 and 1.
    """

    transfer: str | None
    low: float = 0.0
    high: float = 1.0


def curve_for(tags: ColourTags, *, peak: float = 16.0) -> Curve:
    """The curve of a plate with these (resolved) tags.

    Args:
        peak: the brightest light of a linear plate, relative to diffuse white; others know theirs.
    """
    transfer = TRANSFERS.get(tags.transfer)
    if transfer is None:
        return Curve(None)
    if isinstance(transfer, Linear):
        return Curve(tags.transfer, 0.0, max(1.0, peak))
    low, high = transfer.to_linear(np.array([0.0, 1.0]))
    return Curve(tags.transfer, float(low), float(high))


def to_model(rgb: NDArray[np.float32], curve: Curve) -> NDArray[np.float32]:
    """A plate's R'G'B' (any shape, nominally 0..1; light for linear plates) as a picture, nominally 0..1. Unclipped."""
    if curve.transfer is None:
        return rgb
    low, high = _shape(np.array([curve.low, curve.high]))
    light = TRANSFERS[curve.transfer].to_linear(rgb.astype(np.float64))
    shaped: NDArray[np.float32] = ((_shape(light) - low) / (high - low)).astype(np.float32)
    return shaped


def from_model(picture: NDArray[np.float32], curve: Curve) -> NDArray[np.float32]:
    """The plate's R'G'B' of a picture; the inverse of `to_model`."""
    if curve.transfer is None:
        return picture
    low, high = _shape(np.array([curve.low, curve.high]))
    light = _unshape(picture.astype(np.float64) * (high - low) + low)
    return TRANSFERS[curve.transfer].from_linear(light).astype(np.float32)


_WHITE_SLOPE = 1.055 / 2.4
"""Of sRGB's curve at diffuse white."""


def _shape(light: Values) -> Values:
    """sRGB's curve up to 1 (straight below zero), then a logarithm with the same slope there."""
    low, high = np.minimum(light, 1), np.maximum(light, 1)
    toe = np.where(low <= 0.0031308, 12.92 * low, 1.055 * np.power(np.maximum(low, 0.0031308), 1 / 2.4) - 0.055)
    return toe + _WHITE_SLOPE * _KNEE * np.log1p((high - 1) / _KNEE)


def _unshape(value: Values) -> Values:
    """The inverse of `_shape`."""
    low, high = np.minimum(value, 1), np.maximum(value, 1)
    toe = np.where(low <= 12.92 * 0.0031308, low / 12.92, np.power((np.maximum(low, 0.04) + 0.055) / 1.055, 2.4))
    return toe + _KNEE * np.expm1((high - 1) / (_WHITE_SLOPE * _KNEE))
