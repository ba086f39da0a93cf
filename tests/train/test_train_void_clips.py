"""Counterfactual pairs as the model is shown them, from generated data and from the published layout."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cleanplate.engines.void.footage import shrunk
from cleanplate.errors import InputError
from cleanplate.masks.labels import AFFECTED, KEEP, REMOVE, removed
from cleanplate.motion.noise.stream import gathered
from cleanplate.train.order import Place
from cleanplate.train.void.buckets import allowed, bucket, longest
from cleanplate.train.void.clips import Example, ExampleDataset
from cleanplate.train.void.masks import drawn_change, grown
from cleanplate.train.void.recipe import Clips, Masks
from cleanplate.train.void.recipes import RECIPES
from cleanplate.train.void.samples import parted, samples_of
from cleanplate.train.void.warped import Noises, read_noise
from cleanplate.worlds.formats.metadata import VoidMetadata
from cleanplate.worlds.formats.void_layout import VoidFrame, VoidSample, VoidWriter
from drawn_pairs import COLUMNS, FRAMES, ONSET, ROWS, made_pairs, pair, small_recipe

PUBLISHED = RECIPES["published"].clips


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[VoidSample]:
    return made_pairs(tmp_path_factory.mktemp("pairs"))


@pytest.mark.parametrize(("size", "frames"), [(256, 69), (384, 69), (512, 69), (640, 45), (768, 29), (1024, 13)])
def test_large_pictures_are_shown_for_a_shorter_time(size: int, frames: int) -> None:
    """69 and 45 are the published training's."""
    shape = bucket(PUBLISHED, size, 500, 1080, 1920)
    assert shape.frames == frames
    assert shape.rows * shape.columns == pytest.approx(size**2, rel=0.1)
    assert shape.rows % 16 == shape.columns % 16 == 0


@pytest.mark.parametrize(("length", "frames"), [(5, 5), (12, 5), (13, 13), (24, 21), (60, 53), (69, 69), (90, 69)])
def test_clips_are_cut_to_what_the_model_bears(length: int, frames: int) -> None:
    assert bucket(PUBLISHED, 384, length, 384, 672).frames == frames


def test_sizes_are_the_pictures_own() -> None:
    assert allowed(PUBLISHED.sizes, 384, 672) == (256, 384, 512, 640)
    assert allowed(PUBLISHED.sizes, 1080, 1920) == PUBLISHED.sizes
    assert allowed(PUBLISHED.sizes, 64, 64) == (256,)
    assert longest(PUBLISHED, PUBLISHED.sizes) == 512
    assert bucket(PUBLISHED, 512, 69, 384, 672).covering == (384, 672)
    shape = bucket(PUBLISHED, 384, 69, 720, 1280)
    assert (shape.rows, shape.columns, shape.covering) == (288, 512, (288, 512))


def test_an_example_is_the_samples_own_frames(samples: list[VoidSample]) -> None:
    """It begins anywhere before the first consequence, so that what the model uses its first frame for is there."""
    dataset, starts = ExampleDataset(samples, small_recipe(drop_text=0.0)), set()
    for position in range(12):
        place = Place(position, position % len(samples))
        example, frames = dataset.example(place), list(pair(place.example))
        start = next(n for n in range(len(frames) - FRAMES + 1) if _shows(example, frames[n : n + FRAMES]))
        starts.add(start)
        assert start < ONSET
        assert not (example.labels[0] == AFFECTED).any()
        assert example.text == f"a red ball {place.example}"
        assert example.told
    assert starts == set(range(ONSET))


def _shows(example: Example, frames: list[VoidFrame]) -> bool:
    return all(
        np.array_equal(example.plate[n], frame.rgb_full)
        and np.array_equal(example.target[n], frame.rgb_removed)
        and np.array_equal(example.labels[n] == REMOVE, removed(frame.mask))
        and np.array_equal(example.labels[n] == AFFECTED, frame.mask == AFFECTED)
        for n, frame in enumerate(frames)
    )


def test_where_something_is_affected_at_once_the_first_frame_is_told_without(tmp_path: Path) -> None:
    frames = list(pair(0))[ONSET:]
    VoidWriter(tmp_path).write("late", frames, VoidMetadata())
    example = ExampleDataset(samples_of([tmp_path]), small_recipe()).example(Place(0, 0))
    assert (frames[0].mask == AFFECTED).any()
    assert np.array_equal(example.labels[0], np.where(removed(frames[0].mask), REMOVE, KEEP))
    assert np.array_equal(example.labels[1] == AFFECTED, frames[1].mask == AFFECTED)


def test_made_smaller_a_mask_is_the_engines(samples: list[VoidSample]) -> None:
    recipe = small_recipe(clips=Clips(frames=FRAMES, sizes=(30,), batch=1))
    example = ExampleDataset(samples, recipe).whole(0)
    assert example.labels.shape[1:] == (16, 32)
    for number, frame in enumerate(list(pair(0))[:FRAMES]):
        assert np.array_equal(example.labels[number], shrunk(frame.mask, (19, 32))[:16])
        picture = cv2.resize(frame.rgb_full, (32, 19), interpolation=cv2.INTER_AREA)
        assert np.array_equal(example.plate[number], picture[:16])


def test_the_published_layout_is_read(tmp_path: Path) -> None:
    """MP4 under the published names, and a list with texts and noise."""
    made_pairs(tmp_path, 1, lossy=True)
    folder = tmp_path / "sinks-0"
    (folder / "metadata.json").unlink()
    noise = np.random.default_rng(0).standard_normal((8, ROWS // 8, COLUMNS // 8, 4)).astype(np.float16)
    np.save(tmp_path / "noises.npy", noise)
    row = {"file_path": "sinks-0/rgb_full.mp4", "text": "a ball", "type": "video_mask_tuple"}
    listed = tmp_path / "void_train_data.json"
    listed.write_text(json.dumps([row | {"warped_noise_path": "noises.npy"}]), encoding="utf-8")
    for place in (tmp_path, listed):
        (sample,) = samples_of([place])
        assert {path.name for path in folder.iterdir()} == {"rgb_full.mp4", "rgb_removed.mp4", "mask.mp4"}
        noises = Noises(tmp_path / "none", "dis", channels=4, seed=0)
        example = ExampleDataset([sample], small_recipe(number=2), noises).whole(0)
        frames, stored = list(pair(0)), list(sample.frames())
        assert example.text == "a ball"
        assert example.warped is not None
        assert np.array_equal(example.warped, noise[[0, 4]].transpose(0, 3, 1, 2).astype(np.float32))
        for number in range(FRAMES):
            assert np.array_equal(example.labels[number] == AFFECTED, frames[number].mask == AFFECTED)
            assert np.array_equal(example.plate[number], stored[number].rgb_full)
            assert np.array_equal(example.target[number], stored[number].rgb_removed)
    assert not (tmp_path / "none").exists()


def test_another_process_decodes_what_this_one_does(samples: list[VoidSample], tmp_path: Path) -> None:
    """As it is sent there: nothing of what finds motion, which cannot be sent, is kept."""
    dataset = ExampleDataset(samples, small_recipe(number=2), Noises(tmp_path, "dis", channels=4, seed=0))
    for one, other in zip(dataset[1], pickle.loads(pickle.dumps(dataset))[1], strict=True):
        assert (one.position, one.text) == (other.position, other.text)
        assert torch.equal(one.plate, other.plate)
        assert one.warped is not None
        assert torch.equal(one.warped, other.warped)


def test_noise_is_made_once_for_a_clip_and_a_size(samples: list[VoidSample], tmp_path: Path) -> None:
    noises = Noises(tmp_path, "dis", channels=4, seed=0)
    whole = noises.of(samples[0], range(8), (ROWS, COLUMNS))
    (kept,) = tmp_path.iterdir()
    changed = kept.stat().st_mtime_ns
    assert whole.shape == (2, 4, ROWS // 8, COLUMNS // 8)
    assert np.array_equal(noises.of(samples[0], range(4, 8), (ROWS, COLUMNS))[0], whole[1])
    assert kept.stat().st_mtime_ns == changed
    assert not np.allclose(whole[0], noises.of(samples[1], range(8), (ROWS, COLUMNS))[0])
    assert noises.of(samples[0], range(8), (ROWS - 8, COLUMNS)).shape[2] == ROWS // 8 - 1
    assert len(list(tmp_path.iterdir())) == 3


def test_noise_of_others_comes_onto_the_latents_white(tmp_path: Path) -> None:
    """More finely sampled it is summed, then thinned out; frames are the nearest ones of what is spread evenly."""
    noise = np.random.default_rng(0).standard_normal((72, 60, 90, 4)).astype(np.float32)
    np.save(tmp_path / "noise.npy", noise)
    whole = read_noise(tmp_path / "noise.npy", 72, [0, 71], (480, 720), 4)
    assert np.array_equal(whole, noise[[0, 71]].transpose(0, 3, 1, 2))
    halved = read_noise(tmp_path / "noise.npy", 143, [142], (240, 360), 4)
    assert np.array_equal(halved[0], gathered(noise[71], 2))
    thinned = read_noise(tmp_path / "noise.npy", 69, list(range(0, 69, 4)), (384, 672), 4)
    assert thinned.std() == pytest.approx(1, abs=0.01)
    assert abs((thinned[..., 1:] * thinned[..., :-1]).mean()) < 0.01


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no noise", "no file of noise"),
        (np.zeros((3, 6, 10), np.float32), "frames x rows x columns x 4"),
        (np.zeros((3, 6, 10, 3), np.float32), "frames x rows x columns x 4"),
        (np.zeros((3, 6, 10, 4), np.uint8), "frames x rows x columns x 4"),
        (np.zeros((3, 5, 10, 4), np.float32), "coarser"),
    ],
)
def test_other_files_of_noise_are_refused(content: bytes | np.ndarray, told: str, tmp_path: Path) -> None:
    path = tmp_path / "noise.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    with pytest.raises(InputError, match=told):
        read_noise(path, 5, [0, 4], (48, 80), 4)


def test_bad_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        samples_of([tmp_path / "absent"])
    with pytest.raises(InputError, match="no pairs"):
        samples_of([tmp_path])
    made_pairs(tmp_path, 2)
    removed_clip = tmp_path / "sinks-1" / "rgb_removed.mkv"
    whole = removed_clip.read_bytes()
    removed_clip.unlink()
    with pytest.raises(InputError, match="rgb_removed is missing") as found:
        samples_of([tmp_path])
    assert "sinks-1" in str(found.value)
    removed_clip.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InputError):
        ExampleDataset(samples_of([tmp_path]), small_recipe()).whole(1)


def test_what_is_kept_for_evaluation_is_not_trained_on(tmp_path: Path) -> None:
    VoidWriter(tmp_path).write("kept", pair(0), VoidMetadata(facts={"held_out": True}))
    with pytest.raises(InputError, match="kept for evaluation"):
        samples_of([tmp_path])


def test_a_clip_of_four_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="4 frames are too few"):
        ExampleDataset(made_pairs(tmp_path, 1, 4), small_recipe()).whole(0)


def test_the_last_are_held_back(samples: list[VoidSample]) -> None:
    assert [[sample.name for sample in part] for part in parted(samples, 1)] == [["sinks-0", "sinks-1"], ["sinks-2"]]
    assert parted(samples, 0) == (samples, samples[:1])
    assert parted(samples[:1], 1) == (samples[:1], samples[:1])


def test_masks_are_changed_at_the_recipes_rate() -> None:
    masks = Masks(everything=0.2, unforeseen=0.3, rough=0.4, untold=0.9)
    changes = [drawn_change(masks, (16, 16), np.random.default_rng(seed)) for seed in range(2000)]
    for name, part in (("everything", 0.2), ("unforeseen", 0.3), ("untold", 0.9)):
        assert np.mean([getattr(change, name) for change in changes]) == pytest.approx(part, abs=0.03)
    assert np.mean([change.reach is not None for change in changes]) == pytest.approx(0.4, abs=0.03)


def test_texts_are_left_out_at_the_recipes_rate(samples: list[VoidSample]) -> None:
    dataset = ExampleDataset(samples, small_recipe(drop_text=0.5))
    texts = [dataset.example(Place(position, 0)).text for position in range(24)]
    assert 6 < texts.count("") < 18
    assert set(texts) == {"", "a red ball 0"}


def test_where_everything_goes_nothing_may_be_told(samples: list[VoidSample]) -> None:
    def shown(**masks: float) -> Example:
        return ExampleDataset(samples, small_recipe(masks=Masks(**masks))).example(Place(3, 0))

    everything = shown(everything=1, untold=1)
    assert (everything.labels == REMOVE).all()
    assert not everything.told
    assert shown(everything=1, untold=0).told
    assert shown(untold=1).told
    unforeseen = shown(unforeseen=1)
    assert set(np.unique(unforeseen.labels)) == {REMOVE, KEEP}
    assert (shown().labels == AFFECTED).any()


def test_rough_masks_only_grow_and_unevenly() -> None:
    labels = np.full((ROWS, COLUMNS), KEEP, np.uint8)
    labels[20:28, 20:28], labels[20:28, 60:66] = REMOVE, AFFECTED
    masks = Masks(rough=1.0, reach=0.2)
    changes = [drawn_change(masks, labels.shape, np.random.default_rng(seed)) for seed in range(20)]
    larger = [change.of(labels) for change in changes]
    for made in larger:
        assert (made[labels == REMOVE] == REMOVE).all()
        assert (made[labels == AFFECTED] != KEEP).all()
        assert set(np.unique(made)) <= {REMOVE, AFFECTED, KEEP}
    assert len({int((made != KEEP).sum()) for made in larger}) > 10
    assert np.array_equal(grown(labels, np.zeros(labels.shape, np.float32)), labels)
    none = drawn_change(Masks(), labels.shape, np.random.default_rng(0))
    assert np.array_equal(none.of(labels), labels)
