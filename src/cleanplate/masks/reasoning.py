"""`reasoning.json`: the answer to "if this had never been there, what else would change, and why?".

A person may edit the document and give it back; every field is validated, and what a field means stands beside it.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cleanplate.errors import InputError

Cell = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
"""(row, column) of the grid."""


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


class RemovedWith(_Strict):
    """Something worn, held or ridden that goes together with the object."""

    name: str
    why: str
    removed_with: str = Field(description="the selected object that it belongs to")
    track: str | None = Field(default=None, description="its track's file name in the package, where there is one")
    confidence: float = Field(default=1.0, ge=0, le=1)
    source: str = "person"


class Thing(_Strict):
    """Something that would look or move otherwise had the object never been there."""

    id: str
    name: str
    kind: Kind
    caused_by: str = Field(description="the selected object, or the id of another thing")
    why: str
    onset: int = Field(ge=0, description="first frame on which it differs")
    end: int = Field(ge=0, description="last frame on which it differs, inclusive")
    will_move: bool = Field(default=False, description="without the object it would move")
    was_moving: bool = Field(default=False, description="it moves in the plate")
    should_have_stayed: bool = Field(default=False, description="it moves in the plate only because of the object")
    cells_by_time: tuple[CellsAt, ...] = ()
    size_cells: Cell | None = Field(default=None, description="(rows, columns) that it covers")
    path: tuple[PathPoint, ...] = Field(default=(), description="where it would go instead")
    rest_place: Cell | None = Field(default=None, description="where it would come to rest")
    track: str | None = Field(default=None, description="its track's file name in the package, where there is one")
    confidence: float = Field(default=1.0, ge=0, le=1)
    source: str = "person"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.onset:
            raise ValueError(f"thing '{self.id}': end {self.end} lies before onset {self.onset}")
        return self


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

    @model_validator(mode="after")
    def _inside(self) -> Self:
        ids = [thing.id for thing in self.affected]
        if len(set(ids)) != len(ids):
            raise ValueError("two affected things bear the same id")
        known = {*ids, *self.removed, *(r.name for r in self.removed_with)}
        for thing in self.affected:
            if thing.caused_by not in known:
                raise ValueError(
                    f"thing '{thing.id}' is caused by '{thing.caused_by}', which the document does not name"
                )
            if thing.end >= self.frames:
                raise ValueError(f"thing '{thing.id}' ends on frame {thing.end} of {self.frames}")
            cells = [c for at in thing.cells_by_time for c in at.cells] + [p.cell for p in thing.path]
            for row, column in cells + ([thing.rest_place] if thing.rest_place else []):
                if row >= self.grid.rows or column >= self.grid.columns:
                    raise ValueError(f"thing '{thing.id}': cell ({row}, {column}) lies outside the grid")
        return self

    def without(self, names: set[str]) -> Reasoning:
        """The document less the things (by id or name) that the user wants to keep, and less what only they cause."""
        dropped = {t.id for t in self.affected if t.id in names or t.name in names}
        while more := {t.id for t in self.affected if t.caused_by in dropped} - dropped:
            dropped |= more
        return self.model_copy(
            update={
                "affected": tuple(t for t in self.affected if t.id not in dropped),
                "removed_with": tuple(r for r in self.removed_with if r.name not in names),
            }
        )

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"


def read_reasoning(path: Path) -> Reasoning:
    """Read and validate a document. Raises InputError that names the offending field."""
    try:
        return Reasoning.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the reasoning ({error.strerror})", where=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "document"
        raise InputError(
            f"{place}: {first['msg']}", where=str(path), remedy="See docs/reference/reasoning.md."
        ) from error
