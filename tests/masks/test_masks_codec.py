"""Reading anybody's mask files."""

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from cleanplate.errors import InputError
from cleanplate.masks.codec import MaskKind, read_mask_file
from cleanplate.masks.labels import KEEP, OVERLAP, REMOVE, combine
from cleanplate.media.clip import Clip
from cleanplate.media.probe import ClipInfo

HEIGHT, WIDTH, LENGTH = 96, 128, 6
VOID = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "void"


def scene_labels(n: int, height: int = HEIGHT, width: int = WIDTH) -> Any:
    """A disc that moves, with grid-like affected cells beside it."""
    ys, xs = np.mgrid[:height, :width]
    disc = (xs - 30 - 4 * n) ** 2 + (ys - 40) ** 2 < 18**2
    cells = (xs >= 36) & (xs < 84) & (ys >= 36) & (ys < 72)
    return combine(disc, cells)


def encode(
    path: Path, pictures: list[Any], codec: str = "libx264", pix_fmt: str = "yuv420p", rotation: int = 0, **options: Any
) -> Path:
    """A video of gray uint8 pictures, limited range unless the format says otherwise."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=12, options={k: str(v) for k, v in options.items()})
        stream.height, stream.width = pictures[0].shape
        stream.pix_fmt = pix_fmt
        if rotation:
            stream.set_display_rotation(-rotation)
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray").reformat(format=pix_fmt)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def plate(path: Path, length: int = LENGTH, height: int = HEIGHT, width: int = WIDTH, rotation: int = 0) -> Any:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, (height, width), dtype=np.uint8) for _ in range(length)]
    with Clip.open(encode(path, pictures, rotation=rotation, crf=30)) as clip:
        return clip.info


@pytest.fixture
def info(tmp_path: Path) -> Any:
    return plate(tmp_path / "plate.mp4")


def read(path: Path, info: ClipInfo, tmp_path: Path, **options: Any) -> Any:
    return read_mask_file(path, info, tmp_path / "out.mkv", **options)


def test_a_lossless_quadmask_is_read_exactly(tmp_path: Path, info: ClipInfo) -> None:
    truth = [scene_labels(n) for n in range(LENGTH)]
    path = encode(tmp_path / "field.mp4", truth, pix_fmt="yuv444p", qp=0)
    mask, report = read(path, info, tmp_path)
    assert report.kind is MaskKind.QUADMASK  # its flat greys tell, not its name
    assert report.far == 0
    assert all(np.array_equal(a, b) for a, b in zip(mask, truth, strict=True))


def test_a_lossy_quadmask_snaps_and_says_how_much_was_far(tmp_path: Path, info: ClipInfo) -> None:
    truth = [scene_labels(n) for n in range(LENGTH)]
    path = encode(tmp_path / "field.mp4", truth, crf=28)
    mask, report = read(path, info, tmp_path)
    right = np.mean([np.mean(a == b) for a, b in zip(mask, truth, strict=True)])
    assert right > 0.98
    assert 0 < report.far < 0.05 * report.samples
    assert report.worst_far >= report.far / LENGTH
    assert 0 <= report.worst_frame < LENGTH


def test_trimasks_have_no_overlap(tmp_path: Path, info: ClipInfo) -> None:
    truth = [np.where(scene_labels(n) == OVERLAP, REMOVE, scene_labels(n)).astype(np.uint8) for n in range(LENGTH)]
    mask, report = read(encode(tmp_path / "t.mp4", truth, pix_fmt="yuv444p", qp=0), info, tmp_path)
    assert report.kind is MaskKind.QUADMASK
    assert np.array_equal(mask.at(2), truth[2])


def test_white_goes_in_a_binary_matte(tmp_path: Path, info: ClipInfo) -> None:
    discs = [scene_labels(n) <= OVERLAP for n in range(LENGTH)]
    path = encode(tmp_path / "matte.mp4", [d.astype(np.uint8) * 255 for d in discs], crf=20)
    mask, report = read(path, info, tmp_path)
    assert report.kind is MaskKind.BINARY
    for labels, disc in zip(mask, discs, strict=True):
        assert np.mean((labels == REMOVE) == disc) > 0.995
        assert set(np.unique(labels)) == {REMOVE, KEEP}


def test_a_soft_matte_is_binary_in_spite_of_its_greys(tmp_path: Path, info: ClipInfo) -> None:
    soft = cv2.GaussianBlur((scene_labels(0) <= OVERLAP).astype(np.float32) * 255, (0, 0), 9)
    path = tmp_path / "soft.png"
    cv2.imwrite(str(path), np.rint(soft))
    mask, report = read(path, info, tmp_path)
    assert report.kind is MaskKind.BINARY
    assert np.array_equal(mask.at(5) == REMOVE, np.rint(soft) > 127)


def test_two_levels_mostly_white_could_be_either(tmp_path: Path, info: ClipInfo) -> None:
    black_goes = [np.where(scene_labels(n) <= OVERLAP, 0, 255).astype(np.uint8) for n in range(LENGTH)]
    path = encode(tmp_path / "m.mp4", black_goes, pix_fmt="yuv444p", qp=0)
    with pytest.raises(InputError, match="--mask-kind"):
        read(path, info, tmp_path)
    assert not (tmp_path / "out.mkv").exists()
    mask, _ = read(path, info, tmp_path, kind=MaskKind.QUADMASK)
    assert np.array_equal(mask.at(1), black_goes[1])
    named, report = read(path.rename(tmp_path / "my_quadmask.mp4"), info, tmp_path)
    assert report.kind is MaskKind.QUADMASK
    assert np.array_equal(named.at(1), black_goes[1])


def test_one_picture_holds_for_the_whole_clip(tmp_path: Path, info: ClipInfo) -> None:
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), scene_labels(0))
    mask, _ = read(path, info, tmp_path)
    assert len(mask) == LENGTH
    assert all(np.array_equal(labels, scene_labels(0)) for labels in mask)


def test_image_sequences_are_read(tmp_path: Path, info: ClipInfo) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    for n in range(LENGTH):
        cv2.imwrite(str(folder / f"m.{n:04d}.png"), scene_labels(n))
    mask, _ = read(folder, info, tmp_path)
    assert all(np.array_equal(labels, scene_labels(n)) for n, labels in enumerate(mask))


def test_sixteen_bit_pictures_are_read(tmp_path: Path, info: ClipInfo) -> None:
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), scene_labels(0).astype(np.uint16) * 257)
    assert np.array_equal(read(path, info, tmp_path)[0].at(0), scene_labels(0))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_mask_as_displayed_is_turned_to_the_coded_grid(tmp_path: Path, rotation: int) -> None:
    info = plate(tmp_path / "plate.mp4", rotation=rotation)
    assert info.rotation == rotation
    coded = [scene_labels(n) for n in range(LENGTH)]
    shown = [np.rot90(labels, -rotation // 90) for labels in coded]
    path = encode(tmp_path / "shown.mp4", shown, pix_fmt="yuv444p", qp=0)
    mask, _ = read(path, info, tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(mask, coded, strict=True))
    turned = encode(tmp_path / "turned.mp4", coded, pix_fmt="yuv444p", rotation=rotation, qp=0)
    assert np.array_equal(read(turned, info, tmp_path)[0].at(3), coded[3])


def test_a_mask_on_the_coded_grid_of_a_turned_plate_is_taken_as_it_is(tmp_path: Path) -> None:
    info = plate(tmp_path / "plate.mp4", rotation=90)
    path = encode(tmp_path / "coded.mp4", [scene_labels(n) for n in range(LENGTH)], pix_fmt="yuv444p", qp=0)
    assert np.array_equal(read(path, info, tmp_path)[0].at(3), scene_labels(3))


def test_another_size_is_refused_with_the_numbers(tmp_path: Path, info: ClipInfo) -> None:
    path = encode(tmp_path / "m.mp4", [scene_labels(n, 64, 64) for n in range(LENGTH)], qp=0)
    with pytest.raises(InputError, match=r"mask is 64 x 64, the plate 128 x 96"):
        read(path, info, tmp_path)


@pytest.mark.parametrize("length", [1, LENGTH - 1, LENGTH + 1])
def test_another_length_is_refused_with_the_numbers(tmp_path: Path, info: ClipInfo, length: int) -> None:
    path = encode(tmp_path / "m.mp4", [scene_labels(n) for n in range(length)], qp=0)
    with pytest.raises(InputError, match=f"mask has {length} frames, the plate {LENGTH}"):
        read(path, info, tmp_path)
    assert not (tmp_path / "out.mkv").exists()


def test_a_picture_is_no_mask(tmp_path: Path, info: ClipInfo) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8))
    with pytest.raises(InputError, match="in colour"):
        read(path, info, tmp_path)
    cv2.imwrite(str(path), rng.integers(0, 255, (HEIGHT, WIDTH), dtype=np.uint8))
    with pytest.raises(InputError, match="far from every label"):
        read(path, info, tmp_path, kind=MaskKind.QUADMASK)


@pytest.mark.parametrize(("level", "kind"), [(255, MaskKind.QUADMASK), (0, MaskKind.BINARY)])
def test_a_mask_that_keeps_everything_is_refused(tmp_path: Path, info: ClipInfo, level: int, kind: MaskKind) -> None:
    path = tmp_path / "m.png"
    cv2.imwrite(str(path), np.full((HEIGHT, WIDTH), level, dtype=np.uint8))
    with pytest.raises(InputError, match="nothing to edit"):
        read(path, info, tmp_path, kind=kind)


def test_times_are_the_plates(tmp_path: Path, info: ClipInfo) -> None:
    from cleanplate.media.ffv1 import read_ffv1

    path = tmp_path / "one.png"
    cv2.imwrite(str(path), scene_labels(0))
    mask, _ = read(path, info, tmp_path)
    seconds = [Fraction(int(p)) * info.time_base for p in info.pts]
    assert [t for t, _ in read_ffv1(mask.path)] == pytest.approx([float(1000 * s) for s in seconds], abs=1)


@pytest.mark.real
@pytest.mark.skipif(not VOID.is_dir(), reason="no real footage: set CLEANPLATE_DATA")
def test_a_published_quadmask_is_exact(tmp_path: Path) -> None:
    folder = VOID / "ducky-float"
    with Clip.open(folder / "input_video.mp4") as clip:
        info = clip.info
    mask, report = read(folder / "quadmask.mp4", info, tmp_path)
    assert report.far == 0
    assert len(mask) == 62
    shares = mask.fractions.mean(axis=0) * 100
    assert shares == pytest.approx([11.41, 9.40, 10.10, 69.10], abs=0.006)  # spec of VOID, section 8
    assert mask.changed_frames[0] == 6
    first_grey = next(n for n in range(62) if mask.summaries[n].counts[2])
    assert first_grey == 18


def test_a_lossless_quadmask_is_known_by_a_thin_line_of_grey(tmp_path: Path, info: ClipInfo) -> None:
    labels = np.full((HEIGHT, WIDTH), KEEP, dtype=np.uint8)
    labels[40:60, 30:50], labels[60, 30:50] = REMOVE, OVERLAP
    path = encode(tmp_path / "m.mkv", [labels] * LENGTH, "ffv1", "gray")
    assert read_mask_file(path, info, tmp_path / "out.mkv")[1].kind is MaskKind.QUADMASK
