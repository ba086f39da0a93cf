"""Drawn pictures laid onto a plate: what is never touched, what comes from where, formats, crops, and going on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleanplate.edit.composite import composite_planes
from cleanplate.edit.layer_format import layer_format
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.engines.learned.size import working_size
from cleanplate.engines.void.framing import Framing, whole
from cleanplate.engines.void.lay.laying import Laying
from cleanplate.engines.void.timing import spans
from cleanplate.masks.codec import read_mask_file
from cleanplate.masks.labels import KEEP, OVERLAP
from cleanplate.masks.quadmask import QuadMaskWriter
from cleanplate.media.clip import Clip
from cleanplate.media.colour import codes_to_rgb, resolve, to_444
from cleanplate.media.frame import ColourTags
from drawn_laying import Shown, Story, Take, codec, take

DATA = Path(os.environ.get("CLEANPLATE_DATA", "../shared/data")) / "void"
SMALL = Story(height=72, width=108, frames=5)
FORMATS = ("yuv420p", "yuv422p10le", "yuv444p", "gbrp10le", "gray")


def laid(shot: Take, folder: Path, drawn: Shown | None = None, start: int = 0, **how: Any) -> dict[int, Patch | None]:
    laying = Laying(
        shot.clip, shot.quadmask, shot.span, shot.framing, folder=folder, **{"background": False, "grain": False} | how
    )
    return dict(laying.patches(drawn or shot.drawn(codec()), start))


def composite(shot: Take, frame: int, patch: Patch | None) -> np.ndarray:
    """R'G'B' of the plate with a patch over it."""
    info = shot.clip.info
    tags = resolve(info.colour, info.format, info.height)
    patches = () if patch is None else (patch,)
    planes = composite_planes(shot.clip.frame(frame).planes, patches, info.format, tags.siting)
    return codes_to_rgb(to_444(planes, info.format, tags.siting), info.format, tags)


def psnr(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((a - b)[where] ** 2)))


def require_sound(shot: Take, patches: dict[int, Patch | None]) -> None:
    """Every frame in order; nothing outside what may change; the removed object covered; codes that can be stored."""
    assert list(patches) == list(range(shot.span.frames[0], shot.span.frames[-1] + 1))
    layer = layer_format(shot.clip.info.format)
    for frame, patch in patches.items():
        labels = shot.quadmask.at(frame)
        alpha = np.zeros(labels.shape, np.uint16)
        if patch is not None:
            y0, x0, y1, x1 = patch.box
            alpha[y0:y1, x0:x1] = patch.alpha
            assert patch.colour.dtype == layer.dtype
            assert patch.colour.shape[2] == layer.components
            assert layer.is_float or patch.colour.max() <= layer.peak
        top, left, bottom, right = shot.framing.box
        assert not alpha[labels == KEEP].any()
        inside = np.zeros(labels.shape, np.bool_)
        inside[top:bottom, left:right] = True
        assert (alpha[(labels <= OVERLAP) & inside] == ALPHA_PEAK).all()
        assert not alpha[~inside].any()


@pytest.mark.parametrize("name", FORMATS)
def test_every_kind_of_plate(name: str, tmp_path: Path) -> None:
    shot = take(tmp_path, SMALL, name)
    patches = laid(shot, tmp_path / "work", grain=True)
    require_sound(shot, patches)
    if name != "gray":
        for frame, patch in patches.items():
            where = shot.quadmask.at(frame) <= OVERLAP
            assert psnr(composite(shot, frame, patch), SMALL.truth(frame), where) > 20


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(41, 90), st.integers(51, 120)),
    crop=st.booleans(),
    step=st.integers(1, 4),
    name=st.sampled_from(FORMATS),
    rotation=st.sampled_from((0, 90, 180, 270)),
)
def test_odd_sizes_crops_and_rotations(
    size: tuple[int, int], crop: bool, step: int, name: str, rotation: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    story = Story(height=size[0], width=size[1], frames=4, step=step)
    shot = take(folder, story, name, rotation=rotation)
    if crop:
        box = (size[0] // 4 // 2 * 2, size[1] // 4 // 2 * 2, size[0], size[1] // 8 * 7 // 2 * 2)
        part = Framing(box, whole(shot.clip.info).size, 0, 0).info(shot.clip.info)
        inner = working_size(part, size[0] * size[1] // 9, (2, 2))
        shot = Take(story, shot.clip, shot.quadmask, shot.span, Framing(box, inner, *inner.padded((2, 2))))
    patches = laid(shot, folder / "work")
    require_sound(shot, patches)


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """A shot whose affected region is a large rectangle, as a reasoner's grid makes it."""
    return take(tmp_path_factory.mktemp("shot"), Story(gridded=True), "yuv444p10le")


@pytest.mark.parametrize(("start", "background"), [(1, False), (8, False), (3, True)])
def test_where_it_starts_changes_nothing(start: int, background: bool, tmp_path: Path) -> None:
    story = Story(height=72, width=108, frames=9, pan=1.0, speed=-0.05, grain=0.01)
    shot = take(tmp_path, story)
    first = laid(shot, tmp_path / "a", background=background, grain=True)
    again = laid(shot, tmp_path / "b", start=start, background=background, grain=True)
    assert list(again) == list(range(start, 9))
    for frame, patch in again.items():
        other = first[frame]
        assert patch is not None
        assert other is not None
        assert patch.box == other.box
        np.testing.assert_array_equal(patch.alpha, other.alpha)
        np.testing.assert_array_equal(patch.colour, other.colour)


def test_the_plates_detail_stays_where_nothing_changed(shot: Take, tmp_path: Path) -> None:
    """Most of the region is as it was: there the plate stays, and all is closer to the truth than what was drawn."""
    story, drawn = shot.story, shot.drawn(codec())
    patches = laid(shot, tmp_path, drawn)
    gains = []
    for place, frame in enumerate(shot.span.frames):
        patch, region = patches[frame], shot.quadmask.at(frame) != KEEP
        alone = cv2.resize(drawn.at(place), (story.width, story.height), interpolation=cv2.INTER_CUBIC)
        made = composite(shot, frame, patch)
        gains.append(psnr(made, story.truth(frame), region) - psnr(alone, story.truth(frame), region))
        covered = np.zeros(region.shape, np.bool_)
        assert patch is not None
        y0, x0, y1, x1 = patch.box
        covered[y0:y1, x0:x1] = patch.alpha > 0.25 * ALPHA_PEAK
        same = np.abs(story.truth(frame) - story.plate(frame)).max(axis=2) == 0
        far = cv2.erode((same & region).astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
        assert covered[far].mean() < 0.05
    assert min(gains) > 2


def test_no_old_thing_shows_where_it_had_stood(shot: Take, tmp_path: Path) -> None:
    """The ball that the box had stopped is gone from there, and the one that rolls on is there."""
    story = shot.story
    patches = laid(shot, tmp_path, background=True)
    for frame in shot.span.frames[2:]:
        truth, plate = story.truth(frame), story.plate(frame)
        gone = np.abs(truth - plate).max(axis=2) > 0.1
        made = composite(shot, frame, patches[frame])
        change = truth - plate
        told = np.sum((made - plate)[gone] * change[gone]) / np.sum(change[gone] ** 2)
        assert 0.93 < told < 1.07
        lasting = np.abs(cv2.GaussianBlur(made - truth, (0, 0), 3.0))[gone]
        assert lasting.max() < 0.15


def test_a_colour_drift_does_not_show(shot: Take, tmp_path: Path) -> None:
    def drifting(picture: np.ndarray, place: int) -> np.ndarray:
        ramp = np.linspace(-1, 1, picture.shape[1], dtype=np.float32)[None, :, None]
        off = (0.03 + 0.01 * ramp) * np.array([1, -1, 0.5])
        return np.asarray(np.clip(codec()(picture, place) + off, 0, 1), np.float32)

    steady, drifted = laid(shot, tmp_path / "a"), laid(shot, tmp_path / "b", shot.drawn(drifting))
    for frame in shot.span.frames:
        region = shot.quadmask.at(frame) != KEEP
        gap = np.abs(composite(shot, frame, steady[frame]) - composite(shot, frame, drifted[frame]))[region]
        assert gap.mean() < 1 / 255


def test_background_comes_from_where_the_plate_shows_it(tmp_path: Path) -> None:
    """A fast object: what it hides shows on other frames, with all detail."""
    story = Story(height=96, width=144, frames=7, pan=1.0, speed=-0.05)
    passing = take(tmp_path, story, "yuv444p10le")
    drawn = passing.drawn(codec())
    plain = laid(passing, tmp_path / "a", drawn)
    fetched = laid(passing, tmp_path / "b", drawn, background=True)
    gains = []
    for frame in range(story.frames):
        where = passing.quadmask.at(frame) <= OVERLAP
        both = [psnr(composite(passing, frame, one[frame]), story.truth(frame), where) for one in (plain, fetched)]
        gains.append(both[1] - both[0])
    assert np.mean(gains) > 0.5
    assert min(gains) > -0.1


def test_grain_is_the_plates_and_repeats(tmp_path: Path) -> None:
    shot = take(tmp_path, Story(height=288, width=432, frames=3, grain=0.02), "yuv444p10le")
    smooth, grainy, again, other = (
        laid(shot, tmp_path / "work", grain=on, seed=seed) for on, seed in ((False, 0), (True, 0), (True, 0), (True, 1))
    )
    for frame in range(3):
        with_grain, without = grainy[frame], smooth[frame]
        assert with_grain is not None
        assert without is not None
        np.testing.assert_array_equal(with_grain.colour, again[frame].colour)  # type: ignore[union-attr]
        assert (with_grain.colour != other[frame].colour).any()  # type: ignore[union-attr]
        added = with_grain.colour[..., 0].astype(np.float64) - without.colour[..., 0]
        luma = 0.02 * 876 * np.sqrt(np.sum(np.square([0.299, 0.587, 0.114])))
        assert added.std() == pytest.approx(luma, rel=0.3)


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_plates_that_are_no_picture(transfer: str, tmp_path: Path) -> None:
    tags = ColourTags(matrix="bt2020nc", primaries="bt2020", transfer=transfer, range="limited")
    shot = take(tmp_path, Story(height=144, width=216, frames=3), "yuv420p10le", tags=tags)
    from cleanplate.engines.void.footage import Footage

    shown = list(Footage(shot.clip, shot.quadmask, shot.span, shot.framing).pictures())[: len(shot.span.frames)]
    patches = laid(shot, tmp_path / "work", Shown(shown))
    require_sound(shot, patches)
    for frame in shot.span.frames:
        made, plate = composite(shot, frame, patches[frame]), composite(shot, frame, None)
        inside = cv2.erode((shot.quadmask.at(frame) <= OVERLAP).astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
        assert np.abs((made - plate)[inside]).mean() < 0.02


def test_frames_without_a_change_have_no_patch(tmp_path: Path) -> None:
    shot = take(tmp_path, SMALL)
    with QuadMaskWriter(tmp_path / "empty.mkv", height=72, width=108, rate=shot.clip.info.rate) as writer:
        for frame in range(SMALL.frames):
            writer.write(SMALL.labels(frame) if frame == 2 else np.full((72, 108), KEEP, np.uint8))
    from cleanplate.masks.quadmask import QuadMask

    rare = Take(SMALL, shot.clip, QuadMask.open(tmp_path / "empty.mkv"), shot.span, shot.framing)
    patches = laid(rare, tmp_path / "work")
    assert [frame for frame, patch in patches.items() if patch is not None] == [2]


def test_as_many_pictures_as_beats(tmp_path: Path) -> None:
    shot = take(tmp_path, SMALL)
    with pytest.raises(ValueError, match="2 pictures for 3 frames"):
        laid(shot, tmp_path / "work", Shown(shot.drawn().pictures[:2]))


@pytest.mark.real
def test_lime(tmp_path: Path) -> None:
    """4K: what was drawn is the plate blurred; the removed hand is covered and nothing else is touched."""
    folder = DATA / "lime"
    if not folder.is_dir():
        pytest.skip("no real footage here")
    with Clip.open(folder / "input_video.mp4") as clip:
        quadmask, _ = read_mask_file(folder / "quadmask.mp4", clip.info, tmp_path / "quadmask.mkv")
        (span,) = spans(quadmask.summaries, clip.info)
        short = type(span)(span.frames[:3], span.affected, span.shortest)
        shot = Take(SMALL, clip, quadmask, short, whole(clip.info))
        size = shot.framing.size
        drawn = Shown([np.full((size.rows, size.columns, 3), 0.5, np.float32)] * 3)
        require_sound(shot, laid(shot, tmp_path / "work", drawn))
