"""Making the proof: plate and delivered composite are read again, side by side, and every sample is compared."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.census import Area, Census, differing
from cleanplate.edit.composite import composite_planes, siting_of
from cleanplate.edit.layer import Layer
from cleanplate.edit.patch import Patch
from cleanplate.edit.proof import Check, Proof
from cleanplate.edit.region import PermittedRegion
from cleanplate.masks.track import Mask
from cleanplate.media.clip import Clip
from cleanplate.media.frame import Frame, PixelFormat, Plane, Siting
from cleanplate.media.probe import ClipInfo
from cleanplate.progress import Progress, Silent

_CONTAINER_TICK = Fraction(1, 1000)
"""Matroska counts milliseconds."""


def prove(
    source: Clip,
    composite: Clip,
    layer: Layer,
    region: PermittedRegion,
    *,
    checks: Sequence[Check] = (),
    deep: bool = True,
    progress: Progress | None = None,
) -> Proof:
    """Compare every sample of the delivered composite with the plate's.

    Args:
        composite: the delivered file, opened anew.
        layer: the stored one.
        checks: of other things, made by the caller, such as the manifest's times and the copied packets.
        deep: also lay the stored layer over the plate again and compare with the composite.
    Raises:
        InputError: a frame of either cannot be read.
        PackageError: the layer cannot be read, or is not this plate's.
    """
    layer.require_fit(source.info)
    comparable = container_checks(source.info, composite.info)
    survey = _Survey(source.info, layer, region, deep)
    if all(check.passed for check in comparable[:2]):
        with (progress or Silent()).task("proof", len(source)) as tick:
            for before, after in zip(source.frames(), composite.frames(), strict=True):
                survey.add(before, after.planes)
                tick()
    return survey.proof((*comparable, *survey.checks(), *checks))


def container_checks(source: ClipInfo, composite: ClipInfo) -> tuple[Check, ...]:
    """Size and samples, length, then everything else that a player acts on."""
    return (
        _same("samples", _samples(source), _samples(composite)),
        _same("frame count", len(source), len(composite)),
        _times_check(source, composite),
        _same("rotation", source.rotation, composite.rotation),
        _same("sample aspect ratio", source.sample_aspect, composite.sample_aspect),
        *(
            _same(f"colour {tag}", getattr(source.colour, tag), getattr(composite.colour, tag))
            for tag in ("matrix", "primaries", "transfer", "range", "siting")
        ),
    )


def exact_times_check(info: ClipInfo, time_base: Fraction, pts: Sequence[int], end_pts: int) -> Check:
    """That recorded times are the plate's, to the tick."""
    recorded = np.asarray((*pts, end_pts), dtype=np.int64)
    same = time_base == info.time_base and np.array_equal(recorded, (*info.pts, info.end_pts))
    return Check(name="recorded times", passed=same, detail="" if same else "they are not the plate's")


class _Survey:
    """Everything that is counted while the frames go by."""

    def __init__(self, info: ClipInfo, layer: Layer, region: PermittedRegion, deep: bool) -> None:
        self._info, self._layer, self._region, self._deep = info, layer, region, deep
        self._siting = siting_of(info) or Siting.LEFT
        self._zero, self._outside = Census(info.format, self._siting), Census(info.format, self._siting)
        self._touched: dict[int, float] = {}
        self._permitted: list[float] = []
        self._changed, self._largest = 0, 0.0
        self._frames = 0
        self._unlike: int | None = None

    def add(self, before: Frame, composite: tuple[Plane, ...]) -> None:
        """Count one frame."""
        number, source = before.index, before.planes
        patches = self._layer.patches(number)
        differs = [differing(a, b) for a, b in zip(source, composite, strict=True)]
        self._frames += 1
        self._zero.add(number, source, composite, differs, self._matte_area(number, patches))
        self._outside.add(number, source, composite, differs, self._region_area(number))
        for mask, a, b in zip(differs, source, composite, strict=True):
            if count := int(np.count_nonzero(mask)):
                self._changed += count
                self._largest = max(self._largest, _largest(a[mask], b[mask]))
        if self._deep and patches and self._unlike is None:
            again = composite_planes(source, patches, self._info.format, self._siting)
            if any(differing(a, b).any() for a, b in zip(again, composite, strict=True)):
                self._unlike = number

    def checks(self) -> tuple[Check, ...]:
        if not self._deep:
            return ()
        detail = "" if self._unlike is None else f"frame {self._unlike} is not the stored layer over the plate"
        return (Check(name="layer over plate", passed=self._unlike is None if self._frames else None, detail=detail),)

    def proof(self, checks: tuple[Check, ...]) -> Proof:
        permitting = [share for share in self._permitted if share > 0]
        return Proof(
            alpha_zero=self._zero.result(),
            outside_region=self._outside.result(),
            frames=self._frames,
            touched_by_frame=self._touched,
            touched=sum(self._touched.values()) / max(1, self._frames),
            permitted=sum(self._permitted) / max(1, self._frames),
            whole_frame=bool(permitting) and min(permitting) == 1,
            changed=self._changed,
            largest_change=self._largest,
            checks=checks,
        )

    def _matte_area(self, number: int, patches: tuple[Patch, ...]) -> Area:
        """A stored frame has one patch."""
        if not patches:
            return _NOWHERE
        mask = patches[0].alpha > 0
        self._touched[number] = int(np.count_nonzero(mask)) / (self._info.height * self._info.width)
        return Area(patches[0].y, patches[0].x, mask)

    def _region_area(self, number: int) -> Area:
        box = self._region.box(number)
        if box is None:
            self._permitted.append(0.0)
            return _NOWHERE
        y0, x0, y1, x1 = box
        mask: Mask = self._region.at(number)[y0:y1, x0:x1]
        self._permitted.append(int(np.count_nonzero(mask)) / (self._info.height * self._info.width))
        return Area(y0, x0, mask)


_NOWHERE = Area(0, 0, np.zeros((0, 0), dtype=np.bool_))


def _largest(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    return float(np.nanmax(np.abs(b.astype(np.float64) - a.astype(np.float64)), initial=0.0))


def _samples(info: ClipInfo) -> tuple[object, ...]:
    form: PixelFormat = info.format
    return info.height, info.width, form.family.value, form.depth, form.sub_x, form.sub_y, form.components


def _same(name: str, source: object, composite: object) -> Check:
    if source == composite:
        return Check(name=name, passed=True, detail=str(source))
    return Check(name=name, passed=False, detail=f"the plate has {source}, the composite {composite}")


def _times_check(source: ClipInfo, composite: ClipInfo) -> Check:
    """Times from the first frame on, to the container's millisecond."""
    name = "frame times in the file"
    if len(source) != len(composite):
        return Check(name=name, passed=None, detail="the lengths differ")
    for n in range(len(source)):
        away = abs(source.seconds(n) - composite.seconds(n))
        if away > _CONTAINER_TICK:
            return Check(name=name, passed=False, detail=f"frame {n} is {float(away):.6f} s away from the plate's")
    return Check(name=name, passed=True, detail="to 1 ms; exact times lie in shot.json")
