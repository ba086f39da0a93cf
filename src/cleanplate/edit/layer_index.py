"""`layer.json`: which plate frames the stored layer holds, and where on them. And the names of its files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cleanplate.errors import PackageError

INDEX, COLOUR, MATTE = "layer.json", "layer.mkv", "matte.mkv"
COLOUR_EXR = "layer.{:08d}.exr"

PixelBox = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)], int, int]
"""(y0, x0, y1, x1), ends exclusive."""


class StoredFrame(BaseModel):
    """One frame of the layer: its number in the plate, and the box around all alpha that is not 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame: int = Field(ge=0)
    box: PixelBox


class LayerIndex(BaseModel):
    """The whole document; the n-th entry of `frames` is the n-th picture of the files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    plate_format: str
    height: int = Field(ge=1)
    width: int = Field(ge=1)
    is_float: bool
    frames: tuple[StoredFrame, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        numbers = [stored.frame for stored in self.frames]
        if numbers != sorted(set(numbers)):
            raise ValueError("frames: numbers must rise")
        for stored in self.frames:
            y0, x0, y1, x1 = stored.box
            if not (y0 < y1 <= self.height and x0 < x1 <= self.width):
                raise ValueError(f"frame {stored.frame}: its box {stored.box} leaves the frame")
        return self

    def text(self) -> str:
        """The file's content."""
        return self.model_dump_json() + "\n"


def read_index(path: Path) -> LayerIndex:
    """Read and check an index. Raises PackageError."""
    try:
        return LayerIndex.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PackageError(f"cannot be read ({error.strerror})", where=str(path), remedy=_REMEDY) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PackageError(f"not a layer's index ({place}: {first['msg']})", where=str(path), remedy=_REMEDY) from error


_REMEDY = "Make the package again; its layer is not whole."
