"""What VOID's transformer is told: values of the mask, the plate with its noise, the order of channels, each once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

from cleanplate.engines.void.conditioning import (
    mask_video,
    masks,
    model_input,
    noisy,
    plate_video,
    plates,
    reader,
    told,
)
from cleanplate.engines.void.footage import Footage, colours, shrunk
from cleanplate.engines.void.framing import close, whole
from cleanplate.engines.void.latents import stored
from cleanplate.engines.void.noise import latent_noise
from cleanplate.engines.void.padding import latents_of
from cleanplate.engines.void.result import as_video, pictures
from cleanplate.engines.void.sampler import Moment, Task, sample
from cleanplate.engines.void.timing import Span, spans
from cleanplate.errors import InputError
from cleanplate.masks.codec import read_mask_file
from cleanplate.masks.labels import AFFECTED, KEEP, LABELS, OVERLAP, REMOVE
from cleanplate.masks.quadmask import QuadMask
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture, resolve
from cleanplate.media.frame import ColourTags, Family, Frame, PixelFormat
from cleanplate.models.codecs.cogvideox import CogVideoXCodec
from cleanplate.models.void.schedule import NOISE, scheduler
from drawn_clips import write_plate, write_quadmask
from drawn_spans import even
from drawn_void import autoencoder

FRAMES = 11
DATA = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def clip(tmp_path: Path) -> Iterator[Clip]:
    with Clip.open(write_plate(tmp_path / "plate.mp4", FRAMES)) as opened:
        yield opened


@pytest.fixture
def quadmask(clip: Clip, tmp_path: Path) -> QuadMask:
    written = write_quadmask(tmp_path / "given_quadmask.mkv", range(FRAMES))
    return read_mask_file(written, clip.info, tmp_path / "quadmask.mkv")[0]


def test_the_mask_has_the_published_values() -> None:
    """By the published chain: turned round, quantised at a quarter and three quarters, turned back."""
    values = mask_video(np.array([LABELS], np.uint8))
    assert values.shape == (3, 1, 4)
    turned = (255 - np.array([0, 64, 127, 255])) / 255  # 63 comes out of the published quantiser as 192 = 255 - 63
    turned[1] = 192 / 255
    quantised = np.where(turned > 0.75, 1, np.where(turned < 0.25, 0, 127 / 255))
    for channel in values:
        np.testing.assert_allclose(channel[0], [0, 0, 0.501961, 1], atol=5e-7)
        np.testing.assert_allclose(channel[0], 1 - quantised, atol=5e-7)


def test_what_is_no_label_is_refused() -> None:
    with pytest.raises(ValueError, match="no label"):
        mask_video(np.array([[0, 64]], np.uint8))


def test_the_plate_has_noise_but_where_it_is_black() -> None:
    shown = np.full((64, 64, 3), 0.25, np.float32)
    shown[:8] = 0
    shown[8:16, :, 1] = 0
    clean = plate_video(shown)
    assert clean.min() == -1
    assert clean.max() == -0.5
    added = noisy(clean, torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))) - clean
    black = clean == -1
    assert (added[black] == 0).all()
    assert black[1, 8:16].all()
    assert float(added[~black].std()) == pytest.approx(NOISE, rel=0.02)
    assert abs(float(added[~black].mean())) < 0.002


def test_the_noise_is_of_seed_span_and_place_alone() -> None:
    shown = [np.full((8, 8, 3), 0.5, np.float32)] * 3
    one, same, other, elsewhere = (list(plates(iter(shown), *at)) for at in ((1, 0), (1, 0), (2, 0), (1, 1)))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], one[1])
    assert not torch.equal(one[0], other[0])
    assert not torch.equal(one[0], elsewhere[0])
    assert torch.equal(one[1], next(iter([*plates(iter(shown[:2]), 1)][1:])))
    assert all((frame == 0).all() for frame in plates(iter(shown), 1, strength=0))


def test_channels_are_noise_mask_plate() -> None:
    parts = [torch.full((1, 16, 4, 2, 2), float(value)) for value in (2, 3)]
    known = torch.stack([*told(iter([parts[0]]), iter([parts[1][:, :, :1], parts[1][:, :, 1:]]))])[None]
    given = model_input(torch.ones(1, 4, 16, 2, 2), known)
    assert given.shape == (1, 4, 48, 2, 2)
    assert given[0, 0, :, 0, 0].tolist() == [1] * 16 + [2] * 16 + [3] * 16
    with pytest.raises(ValueError, match="argument"):
        list(told(iter([parts[0]]), iter([parts[1][:, :, :3]])))


labels_of = arrays.arrays(np.uint8, (24, 40), elements=st.sampled_from([REMOVE, KEEP]))


@given(labels_of)
def test_no_affected_ring_grows_between_remove_and_keep(labels: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    assert set(np.unique(shrunk(labels, (10, 17)))) <= {REMOVE, KEEP}


def test_what_averaging_labels_would_do() -> None:
    """The published order, average and then quantise, makes affected of half a remove."""
    labels = np.full((4, 8), KEEP, np.uint8)
    labels[:, :3] = REMOVE
    averaged = cv2.resize(labels, (4, 2), interpolation=cv2.INTER_AREA)
    assert 95 < averaged[0, 1] <= 191
    assert shrunk(labels, (2, 4)).tolist() == [[REMOVE, REMOVE, KEEP, KEEP]] * 2


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ([0, 255, 255, 255], REMOVE),
        ([255, 255, 127, 255], AFFECTED),
        ([127, 127, 0, 255], AFFECTED),
        ([63, 127, 255, 255], REMOVE),
        ([63, 63, 127, 127], REMOVE),
        ([255, 255, 255, 255], KEEP),
    ],
)
def test_a_quarter_changes_a_pixel_and_most_decides(block: list[int], expected: int) -> None:
    assert shrunk(np.array(block, np.uint8).reshape(2, 2), (1, 1)).tolist() == [[expected]]


def test_at_its_own_size_a_mask_only_loses_the_overlap() -> None:
    labels = np.random.default_rng(0).choice(np.array(LABELS, np.uint8), (9, 7))
    assert np.array_equal(shrunk(labels, (9, 7)), np.where(labels == OVERLAP, REMOVE, labels))


@pytest.mark.parametrize("depth", [8, 12])
def test_colours_are_averaged_and_not_rounded(depth: int) -> None:
    form = PixelFormat("gbrp", Family.RGB, depth)
    info = replace(even(1, 12), format=form, height=96, width=160)
    info = replace(info, colour=resolve(ColourTags(), form, 96))
    rng = np.random.default_rng(0)
    planes = tuple(rng.integers(0, form.peak, (96, 160), endpoint=True).astype(form.dtype) for _ in range(3))
    made = colours(Frame(0, 0, planes), info, (48, 40))
    wanted = np.stack([plane.reshape(48, 2, 40, 4).mean((1, 3), np.float64) / form.peak for plane in planes], axis=-1)
    np.testing.assert_allclose(made, wanted, atol=2e-6)


def test_a_span_is_walked_through_once(clip: Clip, quadmask: QuadMask, monkeypatch: pytest.MonkeyPatch) -> None:
    (span,) = spans(quadmask.summaries, clip.info, shortest=5)
    assert len(span.frames) == 6
    decoded: list[int] = []
    read = clip.frames

    def counted(start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        for frame in read(start, stop):
            decoded.append(frame.index)
            yield frame

    monkeypatch.setattr(clip, "frames", counted)
    footage = Footage(clip, quadmask, span, whole(clip.info))
    shown, labels = [*footage.pictures()], [*footage.labels()]
    assert decoded == list(range(FRAMES))
    assert len(shown) == len(labels) == span.length == 13
    for place, number in enumerate(span.order):
        assert np.array_equal(shown[place], shown[number])
        assert np.array_equal(labels[place], labels[number])
    for number, frame in enumerate(span.frames):
        exact = picture(clip.frame(frame), clip.info).astype(np.float32) / 255
        assert np.abs(shown[number] - exact).max() <= 0.51 / 255
        if number:
            given = quadmask.at(frame)
            assert np.array_equal(labels[number], np.where(given == OVERLAP, REMOVE, given))
    assert set(np.unique(labels[0])) == {REMOVE, KEEP}
    assert footage.cleared == int((quadmask.at(0) == AFFECTED).sum()) > 0


def test_a_crop_shows_the_same_pixels(clip: Clip, quadmask: QuadMask) -> None:
    span = Span((0, 1, 2), None, shortest=5)
    near = close(quadmask.summaries[:3], clip.info)
    y0, x0, y1, x1 = near.box
    assert (y1 - y0) * (x1 - x0) < 48 * 64
    part, all_of_it = (Footage(clip, quadmask, span, framing) for framing in (near, whole(clip.info)))
    shown, wide = next(iter(part.pictures())), next(iter(all_of_it.pictures()))
    assert shown.shape == (near.rows, near.columns, 3)
    inner = np.s_[2 : near.size.rows - 2, 2 : near.size.columns - 2]
    np.testing.assert_allclose(shown[inner], wide[y0:y1, x0:x1][inner], atol=1e-6)


def test_a_quadmask_of_another_length_is_refused(clip: Clip, tmp_path: Path) -> None:
    class Short:
        def __len__(self) -> int:
            return FRAMES - 1

        def at(self, index: int) -> Any:
            raise AssertionError

    with pytest.raises(InputError, match=f"the quadmask has {FRAMES - 1} frames, the plate {FRAMES}"):
        Footage(clip, Short(), Span((0,), None), whole(clip.info))


def test_only_the_spans_own_frames_come_back() -> None:
    span = Span(tuple(range(46)), affected=None)
    framing = whole(replace(even(46, 12), height=30, width=48))
    asked: list[int] = []

    def decoded() -> Iterator[Tensor]:
        for place in range(0, span.length, 5):
            asked.append(place)
            yield torch.full((1, 3, 5, framing.rows, framing.columns), place / 50 - 1)

    made = list(pictures(decoded(), span, framing))
    assert len(made) == 46
    assert made[0].shape == (30, 48, 3)
    assert [float(frame.max()) for frame in (made[0], made[45])] == pytest.approx([0, 0.45])
    assert asked[-1] == 45
    with pytest.raises(ValueError, match="40 frames came out for 46"):
        list(pictures([torch.zeros(1, 3, 40, 32, 48)], span, framing))


def _plate(noisy: Tensor, known: Tensor, time: int, moment: Moment) -> Tensor:
    """A velocity that is what is known of the plate."""
    return known[:, :, 4:]


def test_from_plate_and_quadmask_to_pictures(clip: Clip, quadmask: QuadMask, tmp_path: Path) -> None:
    """The whole way with a drawn codec, and a network that answers with the plate's latents."""
    (span,) = spans(quadmask.summaries, clip.info, shortest=5)
    framing, codec = whole(clip.info), CogVideoXCodec(autoencoder())
    footage = Footage(clip, quadmask, span, framing)
    encoded = [
        codec.encoding(reader(video), span.length)
        for video in (masks(footage.labels()), plates(footage.pictures(), seed=3))
    ]
    frames, rows, columns = latents_of(span.length), framing.rows // 8, framing.columns // 8
    known = stored(told(*encoded), (frames, 8, rows, columns), tmp_path / "known.npy")
    task = Task(known, lambda: latent_noise(3, 0, (frames, 4, rows, columns)), key="plate")
    latents = sample(_plate, scheduler(3), task, tmp_path / "course")
    assert latents.shape == (frames, 4, rows, columns)
    made = list(pictures(codec.decoding(as_video(latents)), span, framing))
    assert len(made) == len(span.frames)
    assert all(frame.shape == (48, 64, 3) for frame in made)


@pytest.mark.real
@pytest.mark.skipif(not (DATA / "void").is_dir(), reason="no real footage: set CLEANPLATE_DATA")
def test_a_published_quadmask_keeps_its_shares(tmp_path: Path) -> None:
    """Those of ducky-float, as measured on the file; nothing is affected before frame 18."""
    folder = DATA / "void" / "ducky-float"
    with Clip.open(folder / "input_video.mp4") as clip:
        quadmask, _ = read_mask_file(folder / "quadmask.mp4", clip.info, tmp_path / "quadmask.mkv")
        (span,) = spans(quadmask.summaries, clip.info)
        framing = whole(clip.info)
        footage = Footage(clip, quadmask, span, framing)
        seen = [labels[: framing.size.rows, : framing.size.columns] for labels in footage.labels()]
    assert (span.frames, span.affected, span.length) == (tuple(range(62)), 18, 85)
    assert footage.cleared == 0
    assert (framing.rows, framing.columns) == (384, 672)
    own = np.stack(seen[:62])
    shares = [float((own == label).mean()) * 100 for label in (REMOVE, AFFECTED, KEEP)]
    assert shares == pytest.approx([11.41 + 9.40, 10.10, 69.10], abs=0.3)
    assert not (own == OVERLAP).any()
