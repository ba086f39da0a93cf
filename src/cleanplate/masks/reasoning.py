"""`reasoning.json`: the answer to "if this had never been there, what else would change, and why?".

A person may edit the document and give it back; every field is validated, and what a field means stands beside it.
"""

from __future__ import annotations

import math
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cleanplate.errors import InputError

Cell = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
"""(row, column) of the grid."""
Name = Annotated[str, Field(min_length=1)]
TrackName = Annotated[str, Field(pattern=r"^[^/\\]+$", description="a file beside the document, no path")]
SizeInCells = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
"""(rows, columns) of the grid."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(StrEnum):
    """What sort of consequence a thing is."""

    OBJECT = "object"
    SHADOW = "shadow"
    REFLECTION = "reflection"
    OTHER = "other"


class Grid(_Strict):
    """The grid that divides the frame: 8 cells on its shorter side, round(8 x aspect) on the longer."""

    rows: int = Field(ge=1)
    columns: int = Field(ge=1)

    @classmethod
    def of(cls, height: int, width: int) -> Self:
        """The grid of a frame of that size (spec of VOID, 4.3)."""
        short = 8
        if width >= height:
            return cls(rows=short, columns=max(1, round(short * width / height)))
        return cls(rows=max(1, round(short * height / width)), columns=short)


class CellsAt(_Strict):
    """The cells that a thing touches from `frame` on, until the next entry."""

    frame: int = Field(ge=0)
    cells: tuple[Cell, ...]


class PathPoint(_Strict):
    """Where the centre of a thing is, or would be, on a frame."""

    frame: int = Field(ge=0)
    cell: Cell
    within: tuple[float, float] | None = Field(
        default=None,
        description="the centre (down, right) from the cell's top left corner, in cells, where it is known so exactly; "
        "beyond 0..1 where it lies outside the frame",
    )
    size_cells: SizeInCells | None = Field(default=None, description="(rows, columns) here, where they are others")


class RemovedWith(_Strict):
    """Something worn, held or ridden that goes together with the object."""

    name: Name
    why: str
    removed_with: str = Field(description="the selected object that it belongs to")
    cells_by_time: tuple[CellsAt, ...] = Field(default=(), description="where it is seen, for want of a track")
    track: TrackName | None = Field(default=None, description="its track's file name in the package, if it has one")
    confidence: float = Field(default=1.0, ge=0, le=1)
    source: str = "person"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _require_rising(f"removed_with '{self.name}', cells_by_time", [at.frame for at in self.cells_by_time])
        return self


class Thing(_Strict):
    """Something that would look or move otherwise had the object never been there."""

    id: Name
    name: Name
    kind: Kind
    caused_by: str = Field(description="the selected object, or the id of another thing")
    why: str
    onset: int = Field(ge=0, description="first frame on which it differs")
    end: int = Field(ge=0, description="last frame on which it differs, inclusive")
    will_move: bool = Field(default=False, description="without the object it would move")
    was_moving: bool = Field(default=False, description="it moves in the plate")
    should_have_stayed: bool = Field(default=False, description="it moves in the plate only because of the object")
    cells_by_time: tuple[CellsAt, ...] = ()
    size_cells: SizeInCells | None = Field(default=None, description="(rows, columns) that it covers")
    path: tuple[PathPoint, ...] = Field(default=(), description="where it would go instead")
    leeway: float = Field(
        default=0.0, ge=0, le=1, description="share of the time since its path began by which it may be early or late"
    )
    rest_place: Cell | None = Field(default=None, description="where it would come to rest")
    cells_instead: tuple[CellsAt, ...] = Field(
        default=(), description="the cells that it would cover instead; with them, path and rest_place draw nothing"
    )
    track: TrackName | None = Field(default=None, description="its track's file name in the package, if it has one")
    confidence: float = Field(default=1.0, ge=0, le=1)
    source: str = "person"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.onset:
            raise ValueError(f"thing '{self.id}', end: {self.end} lies before onset {self.onset}")
        timed = ("cells_by_time", self.cells_by_time), ("cells_instead", self.cells_instead), ("path", self.path)
        for field, entries in timed:
            _require_rising(f"thing '{self.id}', {field}", [entry.frame for entry in entries])
        return self

    def cells_on(self, frame: int) -> tuple[Cell, ...]:
        """The cells of `cells_by_time` on a frame; none outside onset..end or before the first entry."""
        return _held(self.cells_by_time, frame) if self.onset <= frame <= self.end else ()

    def cells_instead_on(self, frame: int) -> tuple[Cell, ...]:
        """The same of `cells_instead`."""
        return _held(self.cells_instead, frame) if self.onset <= frame <= self.end else ()


class Reasoning(_Strict):
    """The whole document."""

    version: Literal[1] = 1
    frames: int = Field(ge=1)
    height: int = Field(ge=1)
    width: int = Field(ge=1)
    grid: Grid
    removed: tuple[str, ...] = Field(description="names of the selected objects")
    removed_with: tuple[RemovedWith, ...] = ()
    affected: tuple[Thing, ...] = ()
    gravity: tuple[float, float] = Field(default=(0.0, 1.0), description="direction in the picture (x, y), unit length")
    scene_after: str = Field(default="", description="the scene without the object, used as prompt")
    notes: tuple[str, ...] = Field(
        default=(), description="what the reasoner took for granted, such as which way is down"
    )

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if not math.isclose(math.hypot(*self.gravity), 1.0, abs_tol=1e-3):
            raise ValueError(f"gravity: a direction of unit length, this is {list(self.gravity)}")
        names = {*self.removed, *(r.name for r in self.removed_with)}
        ids = [thing.id for thing in self.affected]
        if len({*ids} | names) != len(ids) + len(names):
            raise ValueError("affected: two things bear the same id, or the name of a removed object")
        for belonging in self.removed_with:
            where = f"removed_with '{belonging.name}'"
            if belonging.removed_with not in self.removed:
                raise ValueError(f"{where}: there is no object '{belonging.removed_with}'")
            self._check_places(where, [("cells_by_time", c) for at in belonging.cells_by_time for c in at.cells])
        for thing in self.affected:
            self._check(thing, names | {*ids})
        return self

    def _check(self, thing: Thing, known: set[str]) -> None:
        """That one thing lies in the clip and in the grid, and that its cause exists."""
        where = f"thing '{thing.id}'"
        if thing.caused_by not in known - {thing.id}:
            raise ValueError(f"{where}, caused_by: the document names no other '{thing.caused_by}'")
        for field, frame in (("end", thing.end), *(("path", p.frame) for p in thing.path)):
            if frame >= self.frames:
                raise ValueError(f"{where}, {field}: frame {frame} of a clip of {self.frames} frames")
        places = [("cells_by_time", c) for at in thing.cells_by_time for c in at.cells]
        places += [("cells_instead", c) for at in thing.cells_instead for c in at.cells]
        places += [("path", p.cell) for p in thing.path]
        places += [("rest_place", thing.rest_place)] if thing.rest_place else []
        self._check_places(where, places)

    def _check_places(self, where: str, places: list[tuple[str, Cell]]) -> None:
        size = f"{self.grid.rows} x {self.grid.columns}"
        for field, (row, column) in places:
            if row >= self.grid.rows or column >= self.grid.columns:
                raise ValueError(f"{where}, {field}: cell ({row}, {column}) lies outside the grid of {size}")

    def root_of(self, name: str) -> str:
        """The removed object at which a thing's chain of causes ends; a removed object or a belonging leads there, too.

        Causes that only name each other end at the one that closes the circle.
        """
        causes = {t.id: t.caused_by for t in self.affected} | {r.name: r.removed_with for r in self.removed_with}
        seen: set[str] = set()
        while name in causes and name not in seen:
            seen.add(name)
            name = causes[name]
        return name

    def without(self, names: set[str]) -> Reasoning:
        """The document less the things (by id or name) that the user wants to keep, and less what only they cause."""
        left = self._dropping({t.id for t in self.affected if t.id in names or t.name in names})
        return left.model_copy(update={"removed_with": tuple(r for r in left.removed_with if r.name not in names)})

    def only(self, kinds: set[Kind]) -> Reasoning:
        """The document with things of these kinds alone, less what only the others cause."""
        return self._dropping({t.id for t in self.affected if t.kind not in kinds})

    def _dropping(self, dropped: set[str]) -> Reasoning:
        while more := {t.id for t in self.affected if t.caused_by in dropped} - dropped:
            dropped = dropped | more
        return self.model_copy(update={"affected": tuple(t for t in self.affected if t.id not in dropped)})

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"

    def require_fit(self, frames: int, height: int, width: int, where: str) -> None:
        """Raise InputError when the document speaks of a clip of another length or coded size."""
        if (self.frames, self.height, self.width) != (frames, height, width):
            raise InputError(
                f"the reasoning is for {self.frames} frames of {self.width} x {self.height}, "
                f"the plate has {frames} of {width} x {height}",
                where=where,
                remedy="Reason again, or give the document that belongs to this plate.",
            )


def _held(told: tuple[CellsAt, ...], frame: int) -> tuple[Cell, ...]:
    """What the last entry before or on a frame says."""
    held = [at.cells for at in told if at.frame <= frame]
    return held[-1] if held else ()


def _require_rising(where: str, frames: list[int]) -> None:
    if any(b <= a for a, b in pairwise(frames)):
        raise ValueError(f"{where}: frames must rise, these are {frames}")


def read_reasoning(path: Path) -> Reasoning:
    """Read and validate a document. Raises InputError that names the offending field."""
    try:
        return Reasoning.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the reasoning ({error.strerror})", where=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise InputError(
            f"{place}: {what}" if place else what, where=str(path), remedy="See docs/reference/reasoning.md."
        ) from error
