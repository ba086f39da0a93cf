"""What people write of one thing that they want: the fields of a row."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cleanplate.masks.codec import MaskKind

_BETWEEN = ";"


def _several(value: Any) -> Any:
    """Several in one cell, as CSV has them."""
    return [part.strip() for part in value.split(_BETWEEN) if part.strip()] if isinstance(value, str) else value


_Texts = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Row(BaseModel):
    """One thing in one clip, as people write it.

    Attributes:
        clip: a video file, a folder of images or a pattern; like `mask` relative to the list.
        noun: what people call the thing: "red ball".
        click, box, stroke: as the options of `remove`, in the clip's display pixels and frames.
        mask: a quadmask or binary mask instead.
        start: the first frame (a time as `remove` takes it); `length`: how many.
        height: of the layered clip; `grow`: pixels of that height by which the removed region grows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, coerce_numbers_to_str=True)

    clip: str = Field(min_length=1)
    noun: str = Field(min_length=1, max_length=80, pattern=r"^[^\n\r\t]+$")
    click: _Texts = ()
    box: _Texts = ()
    stroke: _Texts = ()
    mask: str | None = None
    mask_kind: MaskKind = MaskKind.AUTO
    start: str = "0"
    length: int | None = Field(default=None, ge=2)
    height: int | None = None
    grow: int | None = Field(default=None, ge=0, le=64)
