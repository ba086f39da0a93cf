"""One pass over the frames that the page shows: the proxy video, the heat maps and the touched areas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from cleanplate.errors import PackageError
from cleanplate.media.colour import picture
from cleanplate.media.frame import Frame
from cleanplate.progress import Progress
from cleanplate.report.closeup import Box, cut
from cleanplate.report.data import ReportData
from cleanplate.report.heat import Heat, HeatMap, draw_heat
from cleanplate.report.makers import Makers
from cleanplate.report.proxy import ProxyWriter
from cleanplate.report.sheet import Picture, Sheet, amplified, difference, label_picture, on_checker, region_picture
from cleanplate.report.shrink import shrink


@dataclass(frozen=True)
class Look:
    """What of the clip is looked at, and how.

    Attributes:
        spans: half-open runs of frames.
        rate: of the proxy, frames per second.
        window: the neighbourhood of the edit, where it is worth a closer look.
    """

    sheet: Sheet
    spans: tuple[tuple[int, int], ...]
    rate: Fraction
    window: Box | None = None

    @property
    def frames(self) -> list[int]:
        """The frames that are shown, in order."""
        return [n for start, stop in self.spans for n in range(start, stop)]


@dataclass(frozen=True)
class Survey:
    """What the pass found.

    Attributes:
        areas: per shown frame, the share of pixels that the layer covers.
        often, much: the maps of change, upright.
        views: the views that were drawn.
        makers: who made which region on the shown frames, where that is known.
    """

    areas: tuple[float, ...]
    often: HeatMap
    much: HeatMap
    views: frozenset[str]
    makers: Makers | None = None

    @property
    def opening(self) -> int:
        """The shown frame with most to see."""
        return int(np.argmax(self.areas))


def survey(data: ReportData, look: Look, proxy: Path, progress: Progress) -> Survey:
    """Write the proxy and measure; one frame of plate, composite and layer in memory at a time."""
    sheet, heat, areas = look.sheet, Heat(*look.sheet.coded), list[float]()
    makers = None if data.parts is None else Makers(data.parts.parts, sheet)
    names: set[str] = set()
    still: Picture | None = None
    with ProxyWriter(proxy, sheet.size, look.rate) as writer, progress.task("report", len(look.frames)) as tick:
        for plate, composite in _pairs(data, look.spans):
            before = picture(plate, data.plate.info, sheet.coded)
            after = picture(composite, data.composite.info, sheet.coded)
            layer = shrink(data.layer.patches(plate.index), data.plate.info, sheet.coded)
            change = difference(before, after)
            heat.add(layer.touched if layer.area else None, change)
            areas.append(layer.area)
            still = before if still is None else still
            views = {
                "before": before,
                "after": after,
                "layer": on_checker(layer.premultiplied, layer.alpha),
                "matte": np.rint(layer.alpha * 255).astype(np.uint8),
                "difference": amplified(change),
                **_close_up(data, look, plate, composite),
                **_region(data, plate.index, sheet.coded_half),
            }
            if makers is not None and data.parts is not None:
                views["makers"] = makers.add(data.parts.at(plate.index))
            names |= views.keys()
            writer.write(sheet.draw(views))
            tick()
    if still is None:
        raise PackageError("the plate has no frames", where=str(data.plate.info.path))
    upright = np.ascontiguousarray(sheet.upright(still))
    often = draw_heat(sheet.upright(heat.often), upright)
    much = draw_heat(sheet.upright(heat.much), upright)
    return Survey(tuple(areas), often, much, frozenset(names), makers)


def _pairs(data: ReportData, spans: tuple[tuple[int, int], ...]) -> Iterator[tuple[Frame, Frame]]:
    """Plate and composite frame by frame over the spans."""
    for start, stop in spans:
        yield from zip(data.plate.frames(start, stop), data.composite.frames(start, stop), strict=True)


def _close_up(data: ReportData, look: Look, plate: Frame, composite: Frame) -> dict[str, Picture]:
    """Before and after around the edit, at up to the plate's own resolution."""
    if look.window is None or not look.sheet.close:
        return {}
    pairs = {"before_close": (plate, data.plate.info), "after_close": (composite, data.composite.info)}
    return {
        name: picture(cut(frame, info.format, look.window), info, look.sheet.coded)
        for name, (frame, info) in pairs.items()
    }


def _region(data: ReportData, index: int, size: tuple[int, int]) -> dict[str, Picture]:
    """Where the edit may change anything: the quadmask, or else the permitted region."""
    if data.quadmask is not None:
        labels = cv2.resize(data.quadmask.at(index), size[::-1], interpolation=cv2.INTER_NEAREST)
        return {"quadmask": label_picture(labels.astype(np.uint8))}
    if data.region is not None:
        allowed = cv2.resize(data.region.at(index).astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST)
        return {"quadmask": region_picture(allowed > 0)}
    return {}
