"""Options that several commands share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from cleanplate.cli.pointing import frame_range, selections
from cleanplate.errors import UsageError
from cleanplate.masks.codec import MaskKind
from cleanplate.masks.reasoning import Kind as Affects
from cleanplate.masks.written import parse_box
from cleanplate.media.clip import Clip
from cleanplate.media.timecode import parse_time
from cleanplate.pipeline.edits import Remove

_WHERE, _WHAT, _HOW = "Where", "What goes", "How"
_WHY = "What else is affected"
_BOX = re.compile(r"[\d.]+(,[\d.]+){3}")
_WHERE_TO, _WHAT_COMES = "What may change", "What comes"


def _option(*names: str, help: str, panel: str, **more: Any) -> Any:  # noqa: A002
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


Plate = Annotated[Path, typer.Argument(help="A video file, a folder of images, or a pattern such as shot.%04d.exr.")]
Rate = Annotated[
    str | None, _option("--rate", help="Frames a second of an image sequence, such as 24000/1001.", panel=_WHERE)
]
Out = Annotated[
    Path | None,
    _option("--out", "-o", help="Folder to write. Default: NAME.shot (NAME.mask, NAME.reason) here.", panel=_WHERE),
]
Reuse = Annotated[
    Path | None, _option("--reuse", help="A folder an earlier run wrote; its stages serve again.", panel=_WHERE)
]
Object = Annotated[
    list[str] | None, _option("--object", help="Name for the clicks, boxes and strokes that follow.", panel=_WHAT)
]
Clicks = Annotated[
    list[str] | None, _option("--click", help="X,Y[@FRAME]; a trailing - marks what is not the object.", panel=_WHAT)
]
Boxes = Annotated[list[str] | None, _option("--box", help="X0,Y0,X1,Y1[@FRAME].", panel=_WHAT)]
Strokes = Annotated[list[str] | None, _option("--stroke", help="'X,Y X,Y ...:RADIUS[@FRAME][-]'.", panel=_WHAT)]
MaskFile = Annotated[
    Path | None, _option("--mask", help="A quadmask or binary mask instead: video, images, or one image.", panel=_WHAT)
]
Kind = Annotated[MaskKind, _option("--mask-kind", help="What the mask's levels mean.", panel=_WHAT)]
Frames = Annotated[
    str | None, _option("--frames", help="FIRST-LAST that may change; frames, seconds or timecode.", panel=_WHAT)
]
Keep = Annotated[
    list[str] | None, _option("--keep", help="Leave this affected thing as it is (its name or id).", panel=_WHAT)
]
Region = Annotated[
    str | None,
    _option("--region", help="What may change: a mask (video, images, one image), or X0,Y0,X1,Y1.", panel=_WHERE_TO),
]
KeepMask = Annotated[
    Path | None,
    _option("--keep-mask", help="What stays as it is: white in a video, images, or one image.", panel=_WHERE_TO),
]
Instruction = Annotated[str, typer.Argument(help="What you want to see, in a sentence or some.")]
Negative = Annotated[str, _option("--negative", help="What it shall not look like.", panel=_WHAT_COMES)]
Segmenter = Annotated[str, _option("--segmenter", help="Who follows the object: classic or sam2.", panel=_HOW)]
Weights = Annotated[str | None, _option("--weights", help="The segmenter's weights: a folder or a hub id.", panel=_HOW)]
EngineWeights = Annotated[
    str | None,
    _option("--weights", help="The engine's weights: a folder or hub id; the segmenter's for `propagate`.", panel=_HOW),
]
SegmenterWeights = Annotated[
    str | None, _option("--segmenter-weights", help="The segmenter's weights: a folder or a hub id.", panel=_HOW)
]
Prompt = Annotated[
    str | None,
    _option("--prompt", help="The scene afterwards, for `void-5b`. Default: what the reasoning says.", panel=_HOW),
]
PassTwo = Annotated[
    str | None,
    _option(
        "--pass2", help="auto, always or never: whether `void-5b` or `void-nano` goes over its result.", panel=_HOW
    ),
]
Motion = Annotated[
    Path | None,
    _option("--motion", help="A shot of the plate, or a video like it: `void-5b` follows its motion.", panel=_HOW),
]
MaxVram = Annotated[
    float | None,
    _option("--max-vram", help="Gigabytes of the accelerator that `void-5b` may take.", panel=_HOW, min=0.1),
]
Reasoner = Annotated[
    str, _option("--reasoner", help="Who says what else is affected: physics, openai, gemini or local.", panel=_WHY)
]
ReasonerModel = Annotated[
    str | None,
    _option("--reasoner-model", help="Who is asked: a model's name there; for `local` a folder or hub id.", panel=_WHY),
]
ReasonerUrl = Annotated[
    str | None, _option("--reasoner-url", help="Where it is served, such as http://localhost:8000/v1.", panel=_WHY)
]
ReasonerSet = Annotated[
    list[str] | None,
    _option(
        "--reasoner-set", help="NAME=VALUE of how it is asked, such as frames=5; see the how-to `reason`.", panel=_WHY
    ),
]
AllowUpload = Annotated[
    bool,
    _option("--allow-upload", help="Small pictures of the plate may be sent to the reasoner's server.", panel=_WHY),
]
Gravity = Annotated[
    str | None,
    _option(
        "--gravity",
        help="Which way things fall: degrees clockwise from down in the picture, or auto, by the camera's roll.",
        panel=_WHY,
    ),
]
Fallback = Annotated[
    str | None, _option("--fallback", help="Who reasons where the reasoner has no answer: physics.", panel=_WHY)
]
Only = Annotated[
    list[Affects] | None, _option("--only", help="Of what is affected, take in this kind alone.", panel=_WHY)
]
Also = Annotated[
    list[str] | None, _option("--also", help="Ask about this thing in particular, such as 'the curtain'.", panel=_WHY)
]
ReasoningFile = Annotated[Path | None, _option("--reasoning", help="Replay this (edited) reasoning.json.", panel=_WHY)]
Grow = Annotated[int, _option("--grow", help="Pixels to grow the removed region by.", panel=_HOW, min=0)]
PixelPrecise = Annotated[
    bool, _option("--pixel-precise", help="Affected regions by the pixel, not the grid cell.", panel=_HOW)
]
Steps = Annotated[int | None, typer.Option(help="Of the solver. Default: the model's own.", min=1)]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="NAME=VALUE of a further setting, such as running.offload=yes; see the how-tos `faster`, `void`."
    ),
]
ChromaSafe = Annotated[bool, typer.Option(help="Shrink the matte to whole chroma samples.")]
Export = Annotated[list[str] | None, typer.Option(help="Also write the layer as prores4444, exr or png.")]
Seed = Annotated[int, typer.Option(help="Of all randomness.")]
DryRun = Annotated[bool, typer.Option(help="Stop before generating, with the estimate.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]


def rate_of(text: str | None) -> Fraction | None:
    """A rate as written, ``25`` or ``24000/1001``. Raises UsageError."""
    if text is None:
        return None
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise UsageError(f"'{text}' is no rate", remedy="Write frames a second, such as 25 or 24000/1001.")
    return rate


def region_of(text: str | None) -> tuple[Path | None, tuple[float, float, float, float] | None]:
    """A mask file, or a box in display pixels; a file of that name comes first. Raises UsageError for an empty box."""
    if text is None or Path(text).exists() or not _BOX.fullmatch(text):
        return (None if text is None else Path(text)), None
    box = parse_box(text, int)
    return None, (box.x0, box.y0, box.x1, box.y1)


def removal_of(
    plate: Path,
    rate: Fraction | None,
    pointing: tuple[list[str] | None, list[str] | None, list[str] | None],
    frames: str | None,
    **fields: Any,
) -> Remove:
    """The edit that the options describe; the plate is opened only when a time needs it."""
    clicks, boxes, strokes = (texts or [] for texts in pointing)
    first, last = span_of(frames, plate, rate)
    return Remove(
        selections=selections(clicks, boxes, strokes, _frame_parser(plate, rate)),
        first_frame=first,
        last_frame=last,
        **fields,
    )


def span_of(frames: str | None, plate: Path, rate: Fraction | None) -> tuple[int, int | None]:
    """First and last frame of ``--frames``; None for an open end."""
    first, last = frame_range(frames, _frame_parser(plate, rate)) if frames else (0, -1)
    return first, last if last >= 0 else None


def given(**settings: Any) -> dict[str, Any]:
    """An engine's settings that were chosen."""
    return {name: value for name, value in settings.items() if value is not None}


def settings_of(
    written: list[str] | None, option: str = "--set", example: str = "running.offload=yes"
) -> dict[str, Any]:
    """The settings of an option. Raises UsageError for one that is no NAME=VALUE."""
    found: dict[str, Any] = {}
    for setting in written or ():
        name, equals, value = setting.partition("=")
        if not name or not equals:
            raise UsageError(f"{option} {setting}: no NAME=VALUE", remedy=f"For example: {option} {example}")
        found[name] = None if value == "none" else value
    return found


def gravity_of(text: str | None) -> float | Literal["auto"] | None:
    """Which way things fall, as written. Raises UsageError."""
    if text is None or text == "auto":
        return cast(Literal["auto"] | None, text)
    try:
        degrees = float(text)
    except ValueError:
        degrees = math.nan
    if not -360 <= degrees <= 360:
        remedy = "Write degrees clockwise from down in the picture, -360 to 360 (90 is to the left), or auto."
        raise UsageError(f"--gravity {text}: no angle", remedy=remedy)
    return degrees


def asking_of(written: list[str] | None, allow_upload: bool) -> dict[str, Any]:
    """How a reasoner's model is asked. Raises UsageError."""
    chosen = settings_of(written, "--reasoner-set", "frames=5")
    return chosen | ({"allow_upload": True} if allow_upload else {})


def _frame_parser(plate: Path, rate: Fraction | None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.strip().isascii() and text.strip().isdigit():
            return int(text)
        with Clip.open(plate, rate=rate) as clip:
            return parse_time(text, clip.info)

    return parse
