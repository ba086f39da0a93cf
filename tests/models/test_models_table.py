"""The table of models: what it says agrees with the models, and it is read without torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cleanplate.errors import UsageError
from cleanplate.models.catalogue.table import MODELS, model
from cleanplate.models.mixture.config import MixtureConfig, layered
from cleanplate.models.mixture.counting import size_of

_LETTERS = {"vera-1.3b": (1536, 30, 8960), "vera-14b": (5120, 40, 13_824)}


def counted(dim: int, layers: int, ffn: int) -> int:
    """Of Vera, by hand: 16 latent channels in patches of 4, text of 4096 and time of 256 channels."""
    linear = dim * (dim + 1)
    attention = 4 * linear + 2 * dim
    feed_forward = dim * ffn + ffn + ffn * dim + dim
    shared = (4096 + 1) * dim + linear + (256 + 1) * dim + linear + 6 * linear
    block = 3 * (attention + feed_forward + 6 * dim + 2 * dim) + 2 * attention
    ends = 3 * ((64 + 1) * dim + 64 * dim + 64 + 2 * dim)
    added = 2 * (64 + 1) * dim + 2 * dim
    return shared + layers * block + ends + added


@pytest.mark.parametrize(("name", "billions"), [("vera-1.3b", 3.9227), ("vera-14b", 38.2065)])
def test_the_published_sizes(name: str, billions: float) -> None:
    size = size_of(model(name).system.transformer)
    assert round(size.parameters / 1e9, 4) == billions
    assert size.parameters == counted(*_LETTERS[name])


@pytest.mark.parametrize(
    ("name", "parameters"), [("wan2.1-t2v-1.3b", 1_418_996_800), ("wan2.1-t2v-14b", 14_288_491_584)]
)
def test_the_base_models_have_what_diffusers_gives_them(name: str, parameters: int) -> None:
    import torch
    from diffusers import WanTransformer3DModel

    config = model(name).system.transformer
    with torch.device("meta"):
        theirs = WanTransformer3DModel(
            num_attention_heads=config.heads, ffn_dim=config.ffn_dim, num_layers=config.layers
        )
    assert sum(parameter.numel() for parameter in theirs.parameters()) == parameters
    assert size_of(config).parameters == parameters


def test_alpha_without_text_lacks_the_norms_before_it_too() -> None:
    shared = model("vera-1.3b").system.transformer
    none = layered("none", **{name: getattr(shared, name) for name in ("dim", "layers", "heads", "ffn_dim")})
    assert size_of(shared).parameters - size_of(none).parameters == shared.layers * 2 * shared.dim


def test_tensors_and_shares_add_up() -> None:
    for row in MODELS.values():
        config = row.system.transformer
        size = size_of(config)
        assert set(size.by_branch) <= {"shared", *(branch.name for branch in config.branches)}
        product = 0
        for tensor in size.tensors:
            count = 1
            for length in tensor.shape:
                count *= length
            product += count
        assert product == size.parameters


def test_what_rows_start_from_has_their_geometry() -> None:
    for row in MODELS.values():
        if row.starts_from is not None:
            base = MODELS[row.starts_from]
            assert base.weights is not None
            geometry = set(MixtureConfig.model_fields) - {"branches"}
            assert all(
                getattr(row.system.transformer, name) == getattr(base.system.transformer, name) for name in geometry
            )


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"vera-1\.3b"):
        model("vera-2b")


def test_the_table_is_read_without_torch() -> None:
    code = "import cleanplate.models.catalogue.table, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "torch" not in json.loads(done.stdout)


def test_configs_are_written_and_read_alike() -> None:
    for row in MODELS.values():
        assert MixtureConfig.model_validate_json(row.system.transformer.model_dump_json()) == row.system.transformer
