"""Conditions of one branch that are told to others as well."""

from __future__ import annotations

import pytest
import torch

from cleanplate.models import footprint
from cleanplate.models.catalogue.small import REGENERATING, vera_nano
from cleanplate.models.mixture.config import Branch, MixtureConfig
from cleanplate.models.tokens.memory import Share
from drawn_models import drawn, drawn_video

GEOMETRY = {
    "channels": 3,
    "dim": 24,
    "layers": 1,
    "heads": 2,
    "ffn_dim": 16,
    "text_dim": 8,
    "frequency_dim": 16,
    "waves": 1,
}
VIDEOS = {name: drawn_video(2, 3, 4, 8, 16, seed=n) for n, name in enumerate(("edit", "alpha", "composite"))}
TOLD = {name: drawn_video(2, 3, 4, 8, 16, seed=n) for n, name in enumerate(("source", "preserve"), 7)}
TEXT, TIME = torch.randn((2, 3, 8), generator=torch.Generator().manual_seed(0)), torch.tensor([900.0, 300.0])


def test_a_branch_alone_is_told_what_its_hints_say() -> None:
    config = vera_nano((4, 8, 8), **GEOMETRY).transformer.model_copy(update={"joint": False})
    model = drawn(config)
    other = TOLD | {"source": TOLD["source"] + 1}
    with torch.no_grad():
        before, after = (model(VIDEOS, TIME, TEXT, told) for told in (TOLD, other))
        part = {name: Share(torch.tensor([0, 1])) for name in VIDEOS}
        again = model(VIDEOS, TIME, TEXT, TOLD, shares=part)
    assert all((before[name] != after[name]).any() for name in VIDEOS)
    for name in VIDEOS:
        torch.testing.assert_close(again[name], before[name])


def test_hints_are_conditions_and_are_written_only_where_there_are_any() -> None:
    plain = Branch(name="edit")
    assert "hints" not in plain.model_dump()
    assert Branch.model_validate(Branch(name="a", hints=("source",)).model_dump()).told == ("source",)
    with pytest.raises(ValueError, match="source"):
        MixtureConfig(branches=(Branch(name="a", hints=("source",)),), dim=12, layers=1, heads=2, ffn_dim=8)


def test_one_branch_can_be_told_more_than_a_condition() -> None:
    whole = vera_nano((4, 8, 8), **GEOMETRY).transformer
    config = MixtureConfig.model_validate(dict(whole) | REGENERATING)
    assert "unowned" not in whole.model_dump()
    assert config.conditions == ("source", "preserve")
    model, videos = drawn(config), {"composite": VIDEOS["composite"]}
    said = {}
    with torch.no_grad():
        for name in TOLD:
            said[name] = model(videos, TIME, TEXT, TOLD | {name: TOLD[name] + 1})["composite"]
        plain = model(videos, TIME, TEXT, TOLD)["composite"]
    assert all((one != plain).any() for one in said.values())
    assert footprint.parameters(config) == sum(part.numel() for part in model.parameters())
