"""What the user pointed at: clicks, boxes and brush strokes, with their frames.

Coordinates are pixels with the origin at the top left corner of the picture. The command line and the page speak in
display pixels; `Selection.mapped` brings them to the coded grid, on which everything below works.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Point = tuple[float, float]
FrameIndex = Annotated[int, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Click(_Frozen):
    """A point on the object (positive) or on what is not the object (negative)."""

    x: float
    y: float
    frame: FrameIndex = 0
    positive: bool = True


class Box(_Frozen):
    """A rectangle around the object; x1 and y1 are exclusive."""

    x0: float
    y0: float
    x1: float
    y1: float
    frame: FrameIndex = 0


class Stroke(_Frozen):
    """A brush stroke: a polyline with a radius in pixels."""

    points: tuple[Point, ...] = Field(min_length=1)
    radius: float = Field(gt=0)
    frame: FrameIndex = 0
    positive: bool = True


class Selection(_Frozen):
    """Everything that the user pointed at for one object."""

    name: str = "object"
    clicks: tuple[Click, ...] = ()
    boxes: tuple[Box, ...] = ()
    strokes: tuple[Stroke, ...] = ()

    @property
    def frames(self) -> tuple[int, ...]:
        """The frames that carry an input, in order."""
        return tuple(sorted({item.frame for items in (self.clicks, self.boxes, self.strokes) for item in items}))

    def on(self, frame: int) -> Selection:
        """The inputs of one frame alone."""
        return self.model_copy(
            update={
                "clicks": tuple(c for c in self.clicks if c.frame == frame),
                "boxes": tuple(b for b in self.boxes if b.frame == frame),
                "strokes": tuple(s for s in self.strokes if s.frame == frame),
            }
        )

    def mapped(self, point: Callable[[float, float], Point], scale: float = 1.0) -> Selection:
        """The same selection with every coordinate sent through `point` and radii multiplied by `scale`."""

        def box(b: Box) -> Box:
            (xa, ya), (xb, yb) = point(b.x0, b.y0), point(b.x1, b.y1)
            return Box(x0=min(xa, xb), y0=min(ya, yb), x1=max(xa, xb), y1=max(ya, yb), frame=b.frame)

        def click(c: Click) -> Click:
            x, y = point(c.x, c.y)
            return c.model_copy(update={"x": x, "y": y})

        def stroke(s: Stroke) -> Stroke:
            return s.model_copy(update={"points": tuple(point(*p) for p in s.points), "radius": s.radius * scale})

        return self.model_copy(
            update={
                "clicks": tuple(map(click, self.clicks)),
                "boxes": tuple(map(box, self.boxes)),
                "strokes": tuple(map(stroke, self.strokes)),
            }
        )
