"""The sampler: against diffusers' own pipeline, with what is known, with an economy, and when nonsense comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler, WanPipeline
from torch import Tensor

from cleanplate.errors import CleanplateError
from cleanplate.models.mixture.config import plain
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sampling.flow import noised, scheduler_of
from cleanplate.models.sampling.question import Known, Question
from cleanplate.models.sampling.sampler import Moment, sample
from cleanplate.models.sampling.settings import Sampling, Solver
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import Region
from cleanplate.models.store.loading import from_wan
from drawn_models import BRANCHES, TINY, drawn_video, vera
from drawn_wan import CONFIG, wan

MODEL = vera()
SHAPE = (1, 4, 3, 8, 8)


def gauss(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


NOISE = {name: gauss(*SHAPE, seed=place) for place, name in enumerate(BRANCHES)}
TEXT, NEGATIVE = gauss(1, 5, TINY["text_dim"], seed=7), gauss(1, 5, TINY["text_dim"], seed=8)
CONDITIONS = {"source": gauss(*SHAPE, seed=9)}
ASKED = Question(TEXT, NEGATIVE, CONDITIONS)
SETTINGS = Sampling(steps=6, guidance=3, shift=3)


def same(got: Mapping[str, Tensor], expected: Mapping[str, Tensor], within: float = 1e-4) -> None:
    assert got.keys() == expected.keys()
    for name, video in expected.items():
        torch.testing.assert_close(got[name], video, rtol=0, atol=within)


@pytest.mark.parametrize("solver", ["unipc", "euler"])
def test_one_branch_samples_as_diffusers_pipeline_does(solver: Solver, tmp_path: Any) -> None:
    theirs = wan()
    theirs.save_pretrained(tmp_path)
    schedulers = {
        "unipc": UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0),
        "euler": FlowMatchEulerDiscreteScheduler(shift=3.0),
    }
    pipeline = WanPipeline(None, None, None, schedulers[solver], theirs)
    pipeline.set_progress_bar_config(disable=True)
    noise = gauss(*SHAPE)
    expected = pipeline(
        prompt_embeds=TEXT,
        negative_prompt_embeds=NEGATIVE,
        latents=noise,
        height=64,
        width=64,
        num_frames=9,
        num_inference_steps=6,
        guidance_scale=3.0,
        output_type="latent",
    ).frames
    settings = SETTINGS.model_copy(update={"solver": solver})
    got = sample(from_wan(CONFIG, tmp_path), {"video": noise}, Question(TEXT, NEGATIVE), settings)
    same(got, {"video": expected})


def test_guidance_asked_together_is_guidance_asked_twice() -> None:
    batched = SETTINGS.model_copy(update={"batched": True})
    same(sample(MODEL, NOISE, ASKED, batched), sample(MODEL, NOISE, ASKED, SETTINGS), 1e-5)


def test_guidance_of_one_asks_once() -> None:
    plain_settings = SETTINGS.model_copy(update={"guidance": 1.0})
    alone = sample(MODEL, NOISE, Question(TEXT, None, CONDITIONS), plain_settings)
    same(sample(MODEL, NOISE, ASKED, plain_settings), alone, 0)
    same(sample(MODEL, NOISE, ASKED, SETTINGS.model_copy(update={"guided": 0.0})), alone, 0)
    with pytest.raises(ValueError, match="negative"):
        sample(MODEL, NOISE, Question(TEXT, None, CONDITIONS), SETTINGS)


def _knowing() -> Question:
    where = torch.zeros(SHAPE[2:], dtype=torch.bool)
    where[0] = True
    heads = {name: Known(drawn_video(*SHAPE, seed=20 + place), where) for place, name in enumerate(BRANCHES)}
    return Question(TEXT, NEGATIVE, CONDITIONS, heads)


@pytest.mark.parametrize("solver", ["unipc", "euler"])
def test_what_is_known_comes_out_and_was_noised_on_the_way(solver: Solver) -> None:
    question = _knowing()
    seen: list[tuple[float, Mapping[str, Tensor]]] = []

    class Listening(Mixture):
        def forward(self, videos: Mapping[str, Tensor], *rest: Any, **more: Any) -> dict[str, Tensor]:
            seen.append((float(rest[0][0]) / 1000, videos))
            return super().forward(videos, *rest, **more)

    model = Listening(MODEL.config).eval()
    model.load_state_dict(MODEL.state_dict())
    got = sample(model, NOISE, question, SETTINGS.model_copy(update={"solver": solver}))
    for name, known in question.known.items():
        torch.testing.assert_close(got[name][:, :, 0], known.latents_BCTHW[:, :, 0], rtol=0, atol=1e-4)
        for level, videos in seen:
            on_its_path = noised(known.latents_BCTHW, NOISE[name], level)[:, :, 0]
            torch.testing.assert_close(videos[name][:, :, 0], on_its_path, rtol=0, atol=5e-3)


def test_what_is_known_is_looked_at() -> None:
    assert not torch.allclose(
        sample(MODEL, NOISE, _knowing(), SETTINGS)["edit"][:, :, 1:],
        sample(MODEL, NOISE, ASKED, SETTINGS)["edit"][:, :, 1:],
        atol=1e-2,
    )


def _economical(economy: Economy, **more: Any) -> tuple[Question, Sampling]:
    tokens = torch.zeros(3, 4, 4, dtype=torch.bool)
    tokens[:, 1:3, 1:3] = True
    question = Question(TEXT, NEGATIVE, CONDITIONS, region=Region.of(tokens, economy))
    return question, SETTINGS.model_copy(update={"economy": economy, **more})


def test_a_region_of_all_is_the_plain_path() -> None:
    everything = Region.of(torch.ones(3, 4, 4, dtype=torch.bool), Economy())
    got = sample(
        MODEL,
        NOISE,
        Question(TEXT, NEGATIVE, CONDITIONS, region=everything),
        SETTINGS.model_copy(update={"economy": Economy()}),
    )
    same(got, sample(MODEL, NOISE, ASKED, SETTINGS), 1e-5)


def test_outside_the_region_nothing_is_made_of_edit_and_alpha() -> None:
    question, settings = _economical(Economy(ring=0, ring_frames=0))
    got = sample(MODEL, NOISE, question, settings)
    for name in ("edit", "alpha"):
        outside = got[name].clone()
        outside[:, :, :, 2:6, 2:6] = 0
        assert outside.abs().max() < 1e-5
        assert got[name][:, :, :, 2:6, 2:6].std() > 0.1


@pytest.mark.parametrize("economy", [Economy(ring=0, refresh=3), Economy(ring=0, refresh=2, freeze=0.5)])
def test_batches_and_economies_go_together(economy: Economy) -> None:
    question, settings = _economical(economy, guided=0.5)
    batched = settings.model_copy(update={"batched": True})
    same(sample(MODEL, NOISE, question, batched), sample(MODEL, NOISE, question, settings), 1e-4)


def test_every_step_is_told() -> None:
    moments: list[Moment] = []
    sample(MODEL, NOISE, ASKED, SETTINGS, watch=moments.append)
    assert [(moment.step, moment.steps) for moment in moments] == [(n, 6) for n in range(6)]
    assert moments[-1].clean.keys() == set(BRANCHES)


def test_the_same_noise_gives_the_same_bits() -> None:
    same(sample(MODEL, NOISE, ASKED, SETTINGS), sample(MODEL, NOISE, ASKED, SETTINGS), 0)


def test_a_model_that_knows_the_answer_is_believed() -> None:
    answer = {name: drawn_video(*SHAPE, seed=30 + place) for place, name in enumerate(BRANCHES)}

    class Sure(Mixture):
        def forward(self, videos: Mapping[str, Tensor], *rest: Any, **more: Any) -> dict[str, Tensor]:
            return dict(answer)

    settings = SETTINGS.model_copy(update={"guidance": 1.0})
    same(sample(Sure(MODEL.config), NOISE, ASKED, settings, prediction="sample"), answer, 1e-5)


@pytest.mark.parametrize("shift", [1.0, 3.0])
@pytest.mark.parametrize("solver", ["unipc", "euler"])
def test_sampling_may_start_at_any_noise_level(solver: Solver, shift: float) -> None:
    """Whatever the shift is, and then it goes down evenly but for that."""
    scheduler = scheduler_of(Sampling(steps=4, shift=shift, solver=solver), 0.6)
    wanted = torch.tensor([0.6, 0.45, 0.3, 0.15, 0.0])
    if shift == 3:  # of 1/3, which is 0.6 when shifted
        wanted = torch.tensor([1 / 3, 1 / 4, 1 / 6, 1 / 12, 0.0])
        wanted = 3 * wanted / (1 + 2 * wanted)
    torch.testing.assert_close(scheduler.sigmas, wanted)
    torch.testing.assert_close(scheduler.timesteps.float(), 1000 * wanted[:-1], rtol=0, atol=1)


@pytest.mark.parametrize(("value", "said"), [(float("nan"), "step 1 left numbers"), (0.0, "empty")])
def test_nonsense_stops_the_run(value: float, said: str) -> None:
    class Broken(Mixture):
        def forward(self, videos: Mapping[str, Tensor], *rest: Any, **more: Any) -> dict[str, Tensor]:
            return {name: torch.full_like(video, value) for name, video in videos.items()}

    with pytest.raises(CleanplateError, match=said):
        sample(Broken(plain(**TINY)), {"video": gauss(*SHAPE)}, ASKED, SETTINGS, prediction="sample")
