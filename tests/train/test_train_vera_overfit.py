"""The whole path learns: weights of `train vera --config overfit`, sampled from instruction and source alone."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
import torch

from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.store.loading import load
from cleanplate.models.text import minilm
from cleanplate.train.texts import KeptTexts
from cleanplate.train.vera.batches import Batcher
from cleanplate.train.vera.clips import Example, ExampleDataset, samples_of
from cleanplate.train.vera.preview import Made, draw, scores
from cleanplate.train.vera.recipes import RECIPES
from cleanplate.worlds.formats.vera_layout import VeraDataset
from cleanplate.worlds.layered.job import jobs_for, write_lines
from cleanplate.worlds.produce import produce

RECIPE = RECIPES["overfit"]
WEIGHTS = Path(__file__).parent / "overfit"
CLIPS = 8


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ExampleDataset:
    """The clips that it was trained on, made again."""
    folder = tmp_path_factory.mktemp("clips")
    jobs = jobs_for(
        folder,
        CLIPS,
        0,
        size=(RECIPE.clips.rows, RECIPE.clips.columns),
        length=RECIPE.clips.frames,
        sprites=[],
        lossy=False,
        library=None,
        only=["synthetic-obj-add"],
    )
    produce(jobs, workers=1)
    write_lines(folder, jobs)
    return ExampleDataset(samples_of([VeraDataset.of_folder(folder)]), RECIPE)


@lru_cache(maxsize=1)
def _model() -> Mixture:
    model, system = load(WEIGHTS, torch.float32)
    assert system == RECIPE.system
    return model.eval()


@torch.inference_mode()
def sampled(examples: list[Example], words: list[str]) -> list[Made]:
    """From instruction and source: no mask, no region."""
    codec, texts = PixelCodec(RECIPE.system.stride), KeptTexts(minilm.load())
    latents = Batcher(RECIPE, codec, texts, torch.device("cpu")).latents(examples)
    latents = type(latents)(**{**vars(latents), "text_BSD": texts.of(words)})
    assert not latents.present["preserve"].any()
    return draw(_model(), latents, texts.of([""]), codec, RECIPE)


def test_eight_clips_are_known_by_heart(clips: ExampleDataset) -> None:
    examples = [clips.whole(index) for index in range(CLIPS)]
    made = sampled(examples, [example.text for example in examples])
    found = [scores(one, truth) for one, truth in zip(made, examples, strict=True)]
    assert min(score["iou"] for score in found) >= 0.95, found
    assert sum(score["psnr"] for score in found) / CLIPS >= 30, found
    assert min(score["psnr"] for score in found) >= 27, found


def test_it_is_the_words_that_are_drawn(clips: ExampleDataset) -> None:
    """Another clip's words over a clip's source draw something else."""
    examples = [clips.whole(index) for index in range(2)]
    right, wrong = (sampled(examples, [examples[n].text for n in order]) for order in ((0, 1), (1, 0)))
    for one, other, truth in zip(right, wrong, examples, strict=True):
        assert scores(other, truth)["iou"] < scores(one, truth)["iou"] - 0.2
