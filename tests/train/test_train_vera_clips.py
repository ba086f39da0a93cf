"""Layered clips as the model is trained on them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cleanplate.errors import InputError
from cleanplate.train.feeding import steps_from
from cleanplate.train.order import Place
from cleanplate.train.vera.clips import Example, ExampleDataset, load
from cleanplate.train.vera.recipe import Clips
from cleanplate.worlds.formats.vera_layout import VeraFrame, VeraSample
from drawn_layers import COLUMNS, FRAMES, ROWS, made_clips, small_recipe


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[VeraSample]:
    return made_clips(tmp_path_factory.mktemp("clips"), 4, FRAMES + 3)


def _begins(example: Example, frames: list[VeraFrame]) -> bool:
    return all(
        frame.composite is not None
        and torch.equal(example.composite[:, n], torch.from_numpy(frame.composite).permute(2, 0, 1))
        for n, frame in enumerate(frames[:FRAMES])
    )


def test_an_example_is_the_clips_own_frames(samples: list[VeraSample]) -> None:
    recipe = small_recipe(drop_text=0.0, drop_mask=0.0)
    dataset = ExampleDataset(samples, recipe)
    starts = set()
    for position in range(24):
        place = Place(position, position % len(samples))
        example = dataset.example(place)
        frames = list(samples[place.example].frames())
        start = next(n for n in range(4) if _begins(example, frames[n:]))
        starts.add(start)
        assert example.source.shape == (3, FRAMES, ROWS, COLUMNS)
        for offset in range(FRAMES):
            frame = frames[start + offset]
            assert frame.edit_alpha is not None
            assert frame.composite is not None
            assert torch.equal(example.alpha[offset], torch.from_numpy(frame.edit_alpha))
            assert torch.equal(example.composite[:, offset], torch.from_numpy(frame.composite).permute(2, 0, 1))
            assert (example.preserve is None) == (frame.mask is None)
        assert example.text == samples[place.example].record.instruction
    assert len(starts) > 1


def test_text_and_mask_are_left_out_at_the_recipes_rate(samples: list[VeraSample]) -> None:
    masked = next(place for place, sample in enumerate(samples) if "mask" in sample.record.paths)
    dataset = ExampleDataset(samples, small_recipe(drop_text=0.25, drop_mask=0.5))
    examples = [dataset.example(Place(position, masked)) for position in range(400)]
    assert 0.18 < np.mean([not example.text for example in examples]) < 0.32
    assert 0.42 < np.mean([example.preserve is None for example in examples]) < 0.58


def test_a_short_clip_holds_its_last_frame(samples: list[VeraSample]) -> None:
    arrays = load(samples[0], Clips(frames=FRAMES + 6, rows=ROWS, columns=COLUMNS))
    assert len(arrays["input"]) == FRAMES + 6
    assert (arrays["composite"][FRAMES + 2 :] == arrays["composite"][FRAMES + 2]).all()


def test_made_smaller_a_layer_lays_the_same_colour(samples: list[VeraSample]) -> None:
    arrays = load(samples[0], Clips(frames=FRAMES, rows=ROWS // 2, columns=COLUMNS // 2))
    for place, frame in enumerate(samples[0].frames()):
        assert frame.edit_rgb is not None
        assert frame.edit_alpha is not None
        full = frame.edit_rgb * (frame.edit_alpha[..., None] / 255)
        mean = full.reshape(ROWS // 2, 2, COLUMNS // 2, 2, 3).mean(axis=(1, 3))
        laid = arrays["edit_rgb"][place] * (arrays["edit_alpha"][place][..., None] / 255)
        assert np.abs(laid - mean).max() < 1.1


def test_processes_decode_ahead_what_one_decodes_itself(samples: list[VeraSample]) -> None:
    dataset = ExampleDataset(samples, small_recipe())
    alone, ahead = (list(steps_from(dataset, range(1, 4), workers)) for workers in (0, 1))
    for ours, theirs in zip(alone, ahead, strict=True):
        assert [e.position for e in ours] == [e.position for e in theirs]
        assert all(torch.equal(a.source, b.source) and a.text == b.text for a, b in zip(ours, theirs, strict=True))


def test_memory_is_bounded(samples: list[VeraSample]) -> None:
    kept = ROWS * COLUMNS * 12 * (FRAMES + 3)
    dataset = ExampleDataset(samples, small_recipe(clips=Clips(frames=FRAMES, rows=ROWS, columns=COLUMNS, kept=kept)))
    for place in range(len(samples)):
        dataset.example(Place(place, place))
        assert dataset.kept_bytes <= kept


def test_no_clips_are_refused() -> None:
    with pytest.raises(InputError, match="no layered clips"):
        ExampleDataset([], small_recipe())
