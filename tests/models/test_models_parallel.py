"""Several processes answer as one does: whole calls, regions, memories, caches; and what cannot be divided."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from cleanplate.errors import UsageError
from cleanplate.models.mixture.config import layered, plain
from cleanplate.models.sparse.caching import Caching
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import Region
from cleanplate.models.sparse.residuals import Residuals
from cleanplate.models.tokens.memory import Memory, Share
from cleanplate.models.tokens.parallel import Crew
from crews import require_equal
from drawn_models import BRANCHES, TINY, Inputs, drawn

GRID = (3, 3, 3)
"""An odd number of tokens: processes have unequal parts."""
MODELS = {
    "joint": layered(**TINY),
    "apart": layered(**TINY, joint=False),
    "one branch": plain(**TINY),
}


def tokens(count: int) -> Tensor:
    chosen = torch.zeros(GRID, dtype=torch.bool)
    chosen.view(-1)[3 : 3 + count] = True
    return chosen


def answers(crew: Crew | None) -> dict[str, Tensor]:
    """Everything that is compared, by name."""
    if crew is not None:
        with pytest.raises(UsageError, match=r"3 heads cannot be divided among 2 processes.*one of: 1, 3"):
            Crew(3)
    made: dict[str, Tensor] = {}
    inputs = Inputs(GRID, clips=2)
    for kind, config in MODELS.items():
        model = drawn(config)
        model.crew = crew
        names = tuple(branch.name for branch in config.branches)
        videos = dict.fromkeys(names, inputs.videos["edit"]) if len(names) == 1 else inputs.videos
        conditions = {name: inputs.conditions[name] for name in config.conditions}
        with torch.inference_mode():
            answered = model(videos, inputs.time, inputs.text, conditions)
        made |= {f"{kind}: {name}": video for name, video in answered.items()}
    return made | sampled(crew)


def sampled(crew: Crew | None) -> dict[str, Tensor]:
    """Step after step: a region that is remembered, refreshed and frozen, and both caches; two questions at once."""
    model, made = drawn(MODELS["joint"]), dict[str, Tensor]()
    model.crew = crew
    economy = Economy(ring=0, ring_frames=0, refresh=3, freeze=0.7)
    region = Region.of(tokens(5), economy)
    for threshold in (0.5, None):
        memory, residuals = Memory(), Residuals(Caching(threshold=threshold, warmup=2, skips=2))
        for step in range(8):
            inputs = Inputs(GRID, clips=2)
            videos = {name: video * (1 + 0.02 * step) for name, video in inputs.videos.items()}
            time = torch.full((2,), 1000.0 - 100 * step)
            shares = region.shares(BRANCHES, economy.phase(step, 8))
            with torch.inference_mode():
                answered = model(
                    videos, time, inputs.text, inputs.conditions, shares=shares, memory=memory, residuals=residuals
                )
            made |= {f"{threshold} {step}: {name}": video for name, video in answered.items()}
            made[f"skipped {threshold} {step}"] = torch.tensor(float(residuals.skipped))
    return made


def test_two_processes_answer_as_one(tmp_path: Path) -> None:
    alone = require_equal(answers, TINY["heads"], tmp_path)
    assert all(float(alone[f"skipped {threshold} 7"]) > 0 for threshold in (0.5, None))


class Part(Crew):
    """One of several processes, of which there is only this one."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_token_is_one_processes_own_and_stays_there(size: int) -> None:
    edited, context = torch.tensor([4, 9, 2, 11]), torch.tensor([0, 1, 3, 5, 7])
    fresh = Share(torch.cat((edited, context)), {"region": slice(0, 4), "context": slice(4, None)})
    parts = [Part(rank, size).split({"a": fresh}, {"a": 12}, edited.device)["a"] for rank in range(size)]
    again = [Part(rank, size).split({"a": Share(edited)}, {"a": 12}, edited.device)["a"] for rank in range(size)]
    asked = [part.asked for part in parts if part.asked is not None]
    assert sorted(torch.cat(asked).tolist()) == sorted([*edited.tolist(), *context.tolist()])
    for part, own, later in zip(parts, asked, again, strict=True):
        assert later.asked is not None
        assert torch.equal(own[part.stored["region"]], later.asked)
        assert set(own[part.stored["context"]].tolist()) <= set(context.tolist())


def test_all_tokens_and_none() -> None:
    here = torch.device("cpu")
    parts = [Part(rank, 2).split({"a": Share()}, {"a": 5}, here)["a"].asked for rank in range(2)]
    assert [part.tolist() for part in parts if part is not None] == [[0, 1, 2], [3, 4]]
    idle = Share(torch.tensor([], dtype=torch.long), recalled=("context",))
    assert Part(1, 2).split({"a": idle}, {"a": 5}, here)["a"].idle
    with pytest.raises(ValueError, match="too few"):
        Part(0, 2).split({"a": Share(torch.tensor([3]))}, {"a": 5}, here)
