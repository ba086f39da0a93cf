"""What the user asked for: an `Edit`, frozen and serialisable, which names no machine and no file but its inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cleanplate.masks.codec import MaskKind
from cleanplate.masks.reasoning import Kind
from cleanplate.masks.selection import Selection


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    first_frame: int = Field(default=0, ge=0, description="first frame that may change")
    last_frame: int | None = Field(
        default=None, ge=0, description="last frame that may change, inclusive; None is the clip's last"
    )


class Remove(_Edit):
    """Take objects away, with what they did to the scene.

    Either `selections` (one per object) or `mask` (a quadmask or binary mask file) says what goes.
    """

    kind: Literal["remove"] = "remove"
    selections: tuple[Selection, ...] = ()
    mask: Path | None = None
    mask_kind: MaskKind = MaskKind.AUTO
    segmenter: str = "classic"
    weights: str | None = Field(default=None, description="the segmenter's weights: a folder or a hub id")
    reasoner: str = "physics"
    reasoner_model: str | None = Field(default=None, description="who is asked: a model's name, repository or folder")
    reasoner_url: str | None = Field(default=None, description="where the model is served")
    gravity: Annotated[float, Field(ge=-360, le=360)] | Literal["auto"] | None = Field(
        default=None,
        description="which way things fall: degrees clockwise from down in the picture as shown; auto is down on the "
        "first picture and follows the camera's roll; None is the reasoner's own view",
    )
    fallback: str | None = Field(default=None, description="the reasoner that takes over where the other has no answer")
    reasoning: Path | None = Field(default=None, description="a document to replay instead of reasoning")
    keep: tuple[str, ...] = Field(default=(), description="names of affected things to leave as they are")
    only: tuple[Kind, ...] = Field(default=(), description="kinds of affected things to take in; empty is all")
    also: tuple[str, ...] = Field(default=(), description="things that the reasoner is asked about in particular")
    grow: int = Field(default=0, ge=0, description="pixels to dilate the removed region by")
    pixel_precise: bool = Field(default=False, description="affected regions by the pixel, not by the grid cell")
    prompt: str | None = Field(
        default=None, description="the scene afterwards, for engines that are told; None is what the reasoning says"
    )
    motion: Path | None = Field(
        default=None, description="a shot of the plate, or a video like it, whose motion an engine is to follow"
    )


class _Described(_Edit):
    """What an instruction describes.

    Attributes:
        instruction: what the result shall show.
        negative: what it shall not look like.
        keep_mask: white stays as it is: a video, images, or one image.
    """

    instruction: str
    negative: str = ""
    keep_mask: Path | None = None


class Add(_Described):
    """Add an object that an instruction describes.

    Attributes:
        region: white may change: a video, images, or one image.
        box: x0, y0, x1, y1 in display pixels, ends exclusive: what may change instead; without either it is all.
    """

    kind: Literal["add"] = "add"
    region: Path | None = None
    box: tuple[float, float, float, float] | None = None


class ReplaceBackground(_Described):
    """Replace everything behind the subject."""

    kind: Literal["replace_background"] = "replace_background"


Edit = Annotated[Remove | Add | ReplaceBackground, Field(discriminator="kind")]
