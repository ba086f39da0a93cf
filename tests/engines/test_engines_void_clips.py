"""The engine `void-5b` on clips of many kinds: lengths, sizes, formats, rates, framings; and on published ones."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import verify
from cleanplate.media.clip import Clip
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.remove import remove
from drawn_removal import write_clip
from drawn_void import write_void

DATA = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared/data")) / "void"
QUICK: dict[str, Any] = {"steps": 1, "window": 13, "pass2": "always", "background": False}


@pytest.fixture(scope="module")
def void(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("void")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEANPLATE_MODELS", str(folder / "models"))
        yield write_void(folder / "weights")


def removed(plate: Path, mask: Path, void: Path, out: Path, **settings: Any) -> tuple[ShotPackage, dict[str, Any]]:
    """A shot whose proof holds in both sets, and what is measured of its only span."""
    edit = Remove(mask=mask, prompt="snow")
    package = remove(plate, edit, out, engine="void-5b", weights=str(void), settings=QUICK | settings)
    proof = verify(package)
    assert proof.passed, proof.faults
    assert proof.alpha_zero.differing == proof.outside_region.differing == 0
    assert proof.touched > 0
    measurements: dict[str, Any] = dict(package.shot.measurements)
    (span,) = measurements["spans"]
    return package, span


def drawn(folder: Path, void: Path, frames: int, settings: dict[str, Any] | None = None, **clip: Any) -> Any:
    made = write_clip(folder / "clip", frames, **clip)
    return removed(made / "plate.mkv", made / "quadmask.mkv", void, folder / "shot", **(settings or {}))


@pytest.mark.parametrize(
    ("frames", "filled"),
    [(1, 13), *(pytest.param(*pair, marks=pytest.mark.slow) for pair in ((14, 21), (30, 37), (85, 85), (200, 205)))],
)
def test_a_clip_of_any_length_keeps_it(void: Path, tmp_path: Path, frames: int, filled: int) -> None:
    package, span = drawn(tmp_path, void, frames)
    assert (span["drawn"], span["filled_up_to"]) == (frames, filled)
    assert package.layer().frames == list(range(frames))
    with Clip.open(package.folder / "composite.mkv") as composite:
        assert len(composite) == frames


@pytest.mark.slow
@pytest.mark.parametrize(("frames", "filled", "windows"), [(30, 85, 1), (85, 85, 1), (200, 205, 3)])
def test_the_published_windows(void: Path, tmp_path: Path, frames: int, filled: int, windows: int) -> None:
    _, span = drawn(tmp_path, void, frames, {"window": 85})
    assert (span["filled_up_to"], span["windows"]) == (filled, windows)


@pytest.mark.parametrize(
    ("size", "pixels", "rate", "beats"),
    [((47, 61), "yuv420p10le", 25, 7), *(pytest.param(*kind, marks=pytest.mark.slow) for kind in (
        ((61, 47), "gbrp10le", 30, 6), ((50, 90), "gray", 10, 13), ((48, 80), "yuv444p", 12, 13)))],
)  # fmt: skip
def test_plates_of_other_kinds(
    void: Path, tmp_path: Path, size: tuple[int, int], pixels: str, rate: int, beats: int
) -> None:
    package, span = drawn(tmp_path, void, 13, size=size, pixels=pixels, rate=rate)
    assert span["drawn"] == beats
    assert package.layer().frames == list(range(13))
    assert all(side % 16 == 0 for side in span["working_size"])


@pytest.mark.slow
def test_a_close_look(void: Path, tmp_path: Path) -> None:
    package, span = drawn(tmp_path, void, 9, {"crop": True}, size=(160, 240))
    y0, x0, y1, x1 = span["box"]
    assert 0.4 * 160 <= min(y1 - y0, x1 - x0) < 160
    with package.layer() as layer:
        boxes = [layer.box(frame) for frame in layer.frames]
    assert all(box is not None and box[0] >= y0 and box[2] <= y1 and box[1] >= x0 and box[3] <= x1 for box in boxes)


@pytest.mark.slow
def test_events_far_apart_are_spans_of_their_own(void: Path, tmp_path: Path) -> None:
    made = write_clip(tmp_path / "clip", 90, still=range(12, 70))
    edit = Remove(mask=made / "quadmask.mkv", prompt="snow")
    plate, out = made / "plate.mkv", tmp_path / "shot"
    package = remove(plate, edit, out, engine="void-5b", weights=str(void), settings=QUICK)
    measurements: dict[str, Any] = dict(package.shot.measurements)
    assert len(measurements["spans"]) == 2
    assert package.layer().frames == [*range(12), *range(70, 90)]
    assert verify(package).passed


def early(path: Path) -> float:
    """Seconds by which some stream begins before 0, as an encoder's delay makes sound do: a master begins with that."""
    with av.open(path) as file:
        return max(0.0, -min(float(packet.pts * packet.time_base) for packet in file.demux() if packet.pts is not None))


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", ["lime", "moving_ball", "pillow", "ducky-float"])
def test_published_clips(void: Path, tmp_path: Path, name: str) -> None:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip("no real footage here")
    package, span = removed(
        folder / "input_video.mp4", folder / "quadmask.mp4", void, tmp_path / "shot", window=85, pixels=96 * 176
    )
    assert span["windows"] == 1
    with Clip.open(package.folder / "composite.mkv") as composite, Clip.open(folder / "input_video.mp4") as plate:
        assert len(composite) == len(plate)
        shown, filmed = (clip.info.pts * float(clip.info.time_base) for clip in (composite, plate))
        late = math.ceil(1000 * early(folder / "input_video.mp4")) / 1000
        assert np.abs(shown - filmed - late).max() <= 0.0005 + 1e-9  # Matroska counts milliseconds
