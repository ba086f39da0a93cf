"""From open clips to the page: every view holds what the package holds."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.edit.layer import LayerWriter
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.edit.prove import prove
from cleanplate.edit.region import QuadMaskRegion
from cleanplate.errors import PackageError
from cleanplate.masks.labels import AFFECTED, KEEP, REMOVE
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.report.closeup import Box
from cleanplate.report.data import ReportData, StageTime
from cleanplate.report.sheet import LABEL_COLOURS, LONG_SIDE
from cleanplate.report.shrink import shrink
from cleanplate.report.spans import Extent
from cleanplate.report.write import write_report
from shown_page import Viewer

HEIGHT, WIDTH, FRAMES, RATE = 96, 128, 30, Fraction(10)
BOX = (16, 32, 64, 80)
EDITED = range(10, 15)
TAGS = ColourTags(matrix="bt709", primaries="bt709", transfer="bt709", range="limited")
PATCH_LUMA = 180


@dataclass(frozen=True)
class Layers:
    """A layer in memory."""

    held: dict[int, tuple[Patch, ...]]

    @property
    def frames(self) -> list[int]:
        return sorted(self.held)

    def patches(self, index: int) -> tuple[Patch, ...]:
        return self.held.get(index, ())

    def box(self, index: int) -> Box | None:
        return next((patch.box for patch in self.patches(index)), None)


def plate_luma(index: int) -> int:
    return 40 + 5 * index


def grey(luma: int) -> float:
    """8-bit R'G'B' of a BT.709 limited-range luma code."""
    return (luma - 16) * 255 / 219


def write_clip(path: Path, *, edited: bool, frames: int = FRAMES, rotation: int = 0) -> Path:
    fmt = pixel_format("yuv420p")
    options = {"colour": TAGS, "time_base": 1 / RATE, "rate": RATE, "rotation": rotation}
    with Ffv1Writer(path, fmt, HEIGHT, WIDTH, **options) as writer:  # type: ignore[arg-type]
        for n in range(frames):
            luma = np.full((HEIGHT, WIDTH), plate_luma(n), np.uint8)
            chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
            if edited and n in EDITED:
                y0, x0, y1, x1 = BOX
                luma[y0:y1, x0:x1] = PATCH_LUMA
            writer.write((luma, chroma, chroma), n)
    return path


def patch_at(box: tuple[int, int, int, int]) -> Patch:
    y0, x0, y1, x1 = box
    colour = np.full((y1 - y0, x1 - x0, 3), 512, np.uint16)
    colour[..., 0] = 4 * PATCH_LUMA
    return Patch(y0, x0, colour, np.full((y1 - y0, x1 - x0), ALPHA_PEAK, np.uint16))


@pytest.fixture
def quadmask(tmp_path: Path) -> QuadMask:
    path = tmp_path / "quadmask.mkv"
    with QuadMaskWriter(path, height=HEIGHT, width=WIDTH, rate=RATE) as writer:
        for n in range(FRAMES):
            labels = np.full((HEIGHT, WIDTH), KEEP, np.uint8)
            if n in EDITED:
                labels[16:64, 32:56], labels[16:64, 56:80] = REMOVE, AFFECTED
            writer.write(labels)
    return QuadMask.open(path)


@pytest.fixture
def data(tmp_path: Path, quadmask: QuadMask) -> ReportData:
    layer: Any = Layers({n: (patch_at(BOX),) for n in EDITED})
    return ReportData(
        title="a & b <c>",
        plate=Clip.open(write_clip(tmp_path / "-plate ü.mkv", edited=False)),
        composite=Clip.open(write_clip(tmp_path / "composite.mkv", edited=True)),
        layer=layer,
        quadmask=quadmask,
        stages=(StageTime("generate", 1.0),),
        peak_memory=1000,
    )


@dataclass(frozen=True)
class Read:
    """A written page, taken apart again."""

    payload: dict[str, Any]
    video: bytes

    def views(self, tmp_path: Path) -> list[dict[str, NDArray[np.uint8]]]:
        path = tmp_path / "again.mp4"
        path.write_bytes(self.video)
        with av.open(str(path)) as file:
            sheets = [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in file.decode(video=0)]
        tiles = self.payload["tiles"].items()
        return [{name: sheet[y : y + h, x : x + w] for name, (x, y, w, h) in tiles} for sheet in sheets]


def read(path: Path) -> Read:
    text = path.read_text(encoding="utf-8")
    payload, media = (re.search(rf'id="{name}">(.*?)</script>', text, re.S) for name in ("shot", "atlas"))
    assert payload is not None
    assert media is not None
    document = json.loads(payload.group(1))
    video = (path.parent / document["file"]).read_bytes() if document["file"] else base64.b64decode(media.group(1))
    return Read(document, video)


def test_every_view_holds_what_the_package_holds(data: ReportData, tmp_path: Path) -> None:
    page = read(write_report(data, tmp_path / "report.html", extent=Extent(handle=0.2)))
    assert page.payload["shown"] == [[8, 17]]
    share = (48 * 48) / (HEIGHT * WIDTH)
    assert page.payload["areas"] == pytest.approx([0, 0, *[share] * 5, 0, 0], abs=1e-6)
    assert page.payload["seconds"] == pytest.approx([n / 10 for n in range(8, 17)])
    assert page.payload["window"] == pytest.approx([16 / 128, 10 / 96, 80 / 128, 60 / 96], abs=2 / 96)
    assert page.payload["wipe"] == (32 + 80) / 2 / WIDTH
    inside, outside = np.s_[20:60, 36:76], np.s_[70:, 90:]
    half_left, half_right, half_out = np.s_[12:28, 18:26], np.s_[12:28, 30:38], np.s_[36:, 46:]
    for n, view in zip(range(8, 17), page.views(tmp_path), strict=True):
        edited = n in EDITED
        for name, place, level in (
            ("before", inside, grey(plate_luma(n))),
            ("before", outside, grey(plate_luma(n))),
            ("after", inside, grey(PATCH_LUMA if edited else plate_luma(n))),
            ("after", outside, grey(plate_luma(n))),
            ("matte", half_left, 255 if edited else 0),
            ("matte", half_out, 0),
            ("difference", half_left, min(255, 8 * (grey(PATCH_LUMA) - grey(plate_luma(n)))) if edited else 0),
            ("difference", half_out, 0),
        ):
            assert np.abs(view[name][place] - level).max() <= (9 if name == "difference" else 4), (n, name)
        if edited:
            assert np.abs(view["layer"][inside] - grey(PATCH_LUMA)).max() <= 4
            assert np.abs(view["quadmask"][half_left] - np.array(LABEL_COLOURS[REMOVE])).max() <= 8
            assert np.abs(view["quadmask"][half_right] - np.array(LABEL_COLOURS[AFFECTED])).max() <= 8
        assert view["quadmask"][half_out].max() <= 4
        assert set(np.unique(view["layer"][outside] // 16)) <= {5, 6, 7}


def test_a_stored_layer_and_its_proof(data: ReportData, quadmask: QuadMask, tmp_path: Path) -> None:
    with LayerWriter(tmp_path / "layer", data.plate.info) as writer:
        for n in EDITED:
            writer.write(n, (patch_at(BOX),))
        layer = writer.close()
    proof = prove(data.plate, data.composite, layer, QuadMaskRegion(quadmask))
    stored = replace(data, layer=layer, proof=proof)
    path = write_report(stored, tmp_path / "stored.html")
    count = proof.alpha_zero.compared
    assert f"<b>0</b> of {count:,} samples differ outside the edit" in path.read_text(encoding="utf-8")
    drawn = write_report(replace(data, proof=proof), tmp_path / "drawn.html")
    assert path.read_bytes() == drawn.read_bytes(), "a stored layer looks like the same layer in memory"


def test_the_page_is_the_same_every_time(data: ReportData, tmp_path: Path) -> None:
    first = write_report(data, tmp_path / "report.html").read_bytes()
    assert write_report(data, tmp_path / "report.html").read_bytes() == first


def test_a_large_video_lies_beside_the_page(data: ReportData, tmp_path: Path) -> None:
    folder = tmp_path / "shot"
    folder.mkdir()
    small = read(write_report(data, folder / "report.html"))
    assert [path.name for path in folder.iterdir()] == ["report.html"]
    large = read(write_report(data, folder / "report.html", embed_below=0))
    assert large.payload["file"] == "report/views.mp4"
    assert large.video == small.video
    write_report(data, folder / "report.html")
    assert not (folder / "report/views.mp4").exists()


def test_a_page_without_an_edit_quadmask_or_proof(data: ReportData, tmp_path: Path) -> None:
    nothing: Any = Layers({})
    bare = replace(data, layer=nothing, quadmask=None, composite=data.plate)
    path = write_report(bare, tmp_path / "report.html")
    page = read(path)
    assert page.payload["window"] is None
    assert "quadmask" not in page.payload["tiles"]
    assert "Not verified" in path.read_text(encoding="utf-8")


def test_a_turned_plate_stands_upright(data: ReportData, tmp_path: Path) -> None:
    clips = [Clip.open(write_clip(tmp_path / f"{n}.mkv", edited=n == 1, rotation=90)) for n in (0, 1)]
    turned = replace(data, plate=clips[0], composite=clips[1])
    assert turned.plate.info.rotation == 90
    page = read(write_report(turned, tmp_path / "report.html"))
    view = page.views(tmp_path)[page.payload["opening"]]
    assert view["after"].shape[:2] == (WIDTH, HEIGHT)
    y0, x0, y1, x1 = BOX
    expected = np.full((HEIGHT, WIDTH), grey(plate_luma(EDITED[0])))
    expected[y0:y1, x0:x1] = grey(PATCH_LUMA)
    clockwise = np.rot90(expected, -1)
    assert np.abs(view["after"][..., 1] - clockwise).mean() < 2
    x, y, w, h = page.payload["window"]
    assert (x * HEIGHT, y * WIDTH) == pytest.approx((HEIGHT - y1 - 6, x0 - 16), abs=2)
    assert (w * HEIGHT, h * WIDTH) == pytest.approx((60, 80), abs=2)
    assert page.payload["wipe"] == pytest.approx((HEIGHT - 40) / HEIGHT)


def test_clips_that_do_not_belong_together_leave_nothing(data: ReportData, tmp_path: Path) -> None:
    short = Clip.open(write_clip(tmp_path / "short.mkv", edited=False, frames=5))
    with pytest.raises(PackageError, match="differ in length"):
        write_report(replace(data, composite=short), tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("fail_at", [0, 3])
def test_a_failure_on_the_way_leaves_nothing(data: ReportData, tmp_path: Path, fail_at: int) -> None:
    class Broken(Layers):
        def patches(self, index: int) -> tuple[Patch, ...]:
            if index == fail_at:
                raise PackageError("broken")
            return super().patches(index)

    before = {path.name for path in tmp_path.iterdir()}
    broken: Any = Broken(dict.fromkeys(range(FRAMES), ()))
    with pytest.raises(PackageError, match="broken"):
        write_report(replace(data, layer=broken), tmp_path / "report.html")
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("size", [(96, 128), (32, 43), (33, 50)])
def test_shrinking_a_layer_keeps_its_weight_and_colour(data: ReportData, size: tuple[int, int]) -> None:
    info = data.plate.info
    generator = np.random.default_rng(7)
    patch = patch_at(BOX)
    ragged = replace(patch, alpha=generator.integers(0, ALPHA_PEAK + 1, patch.alpha.shape, dtype=np.uint16))
    corner = patch_at((0, 120, 7, 128))
    small = shrink((ragged, corner), info, size)
    full = np.zeros((HEIGHT, WIDTH))
    full[16:64, 32:80] = ragged.alpha / ALPHA_PEAK
    full[:7, 120:] = 1
    assert small.area == pytest.approx(np.count_nonzero(full) / full.size)
    assert small.alpha.sum() / np.prod(size) == pytest.approx(full.mean(), rel=0.03)
    covered = small.alpha > 0.01
    straight = small.premultiplied[covered] / small.alpha[covered][:, None] * 255
    assert np.abs(straight - grey(PATCH_LUMA)).max() <= 1, "no dark fringe where the matte is thin"
    assert ((small.alpha > 0) <= (small.touched > 0)).all()


def test_a_small_patch_has_the_colour_of_the_whole_plate(data: ReportData) -> None:
    """An untagged plate's matrix is guessed from its height, which a patch does not have."""
    info = replace(data.plate.info, height=1080, width=1920, colour=ColourTags())
    colour = np.full((16, 16, 3), 512, np.uint16)
    colour[..., 0], colour[..., 2] = 400, 700
    small = shrink((Patch(0, 0, colour, np.full((16, 16), ALPHA_PEAK, np.uint16)),), info, (1080, 1920))
    luma, red = (400 / 4 - 16) / 219, (700 - 512) / 4 / 224
    expected = [luma + 1.5748 * red, luma - 0.4681 * red, luma]
    np.testing.assert_allclose(small.premultiplied[8, 8], expected, atol=0.004)


def test_a_huge_plate_is_shown_small(data: ReportData) -> None:
    assert LONG_SIDE == 1280
    info = replace(data.plate.info, height=2160, width=4096)
    small = shrink((patch_at((2000, 4000, 2160, 4096)),), info, (675, 1280))
    assert small.alpha[-1, -1] == pytest.approx(1)


@pytest.mark.browser
def test_the_written_page_plays(viewer: Viewer, data: ReportData, tmp_path: Path) -> None:
    viewer.open(write_report(data, tmp_path / "report.html"))
    viewer.press("3")
    assert viewer.frame == EDITED[0]
    picture = viewer.picture
    height, width = picture.shape[:2]
    middle = picture[height * 40 // 96, width * 56 // 128].astype(int)
    assert np.abs(middle - grey(PATCH_LUMA)).max() <= 4
    assert np.abs(picture[height // 10, width // 10].astype(int) - grey(plate_luma(EDITED[0]))).max() <= 4
