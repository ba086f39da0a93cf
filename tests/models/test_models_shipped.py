"""Weights that come with the package: from a training run into it, and from there to what runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cleanplate.errors import InputError
from cleanplate.models.catalogue import places, shipped
from cleanplate.models.catalogue.facts import facts, rows
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.store import moving as store
from cleanplate.models.store.loading import load
from cleanplate.progress import Silent
from cleanplate.train.void_nano.run import train
from cleanplate.train.void_nano.ship import line_of, ship
from drawn_moves import recipe, write_squares


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training, its pairs beside it."""
    out, small = tmp_path_factory.mktemp("run"), recipe()
    one_call = Sampling(steps=1, guidance=1.0, shift=1.0, solver="euler")
    small = small.model_copy(update={"system": small.system.model_copy(update={"sampling": one_call})})
    train(small, out, write_squares(out / "pairs", small))
    return out


@pytest.fixture
def brought(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package with these weights, and their line in the table."""
    folder = tmp_path / "shipped" / shipped.NANO
    line = line_of(ship(run, folder))
    table = eval(f"{{{line}}}", {"Shipped": shipped.Shipped})
    monkeypatch.setattr(shipped, "FOLDER", folder.parent)
    monkeypatch.setattr(shipped, "SHIPPED", table)
    return folder


def test_they_are_stored_in_16_bits_and_run_in_32(run: Path, brought: Path) -> None:
    stored = load_file(brought / shipped.WEIGHTS)
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    model, system = store.model_of(shipped.NANO, "cpu")
    trained, same = load(run / "model")
    assert system == same == recipe().delivered
    for name, part in model.named_parameters():
        assert part.dtype == torch.float32
        torch.testing.assert_close(part, trained.get_parameter(name).half().float(), rtol=0, atol=0)


def test_the_card_says_how_they_came_about(brought: Path) -> None:
    card = shipped.card_of(brought)
    assert (card["seed"], card["steps"]) == (recipe().seed, recipe().steps)
    assert card["command"].startswith(f"cleanplate train void --config recipe.json --steps {recipe().steps}")
    assert card["lessons"] == recipe().steps * recipe().pairs.batch
    assert card["operations"] > 0
    assert card["scores"]["step"] == recipe().steps
    assert set(card["domain"]) == {"kept", "mirrored"}
    assert all(0 <= value <= 1 for value in card["domain"].values())
    assert card["sha256"] == shipped.SHIPPED[shipped.NANO].sha256


def test_they_are_a_row_of_the_table(brought: Path) -> None:
    assert places.located(shipped.NANO) == brought
    (row,) = (row for row in rows() if row["name"] == shipped.NANO)
    assert row["weights"] == "in the package"
    assert facts(shipped.NANO)["parameters"] > 0
    found = verify(shipped.NANO, Silent())
    assert not found.findings
    assert str(brought / shipped.WEIGHTS) not in found.unstated
    with pytest.raises(InputError, match="came with this package"):
        places.sources(shipped.NANO)


def test_other_bytes_are_not_taken(brought: Path) -> None:
    content = bytearray((brought / shipped.WEIGHTS).read_bytes())
    content[-1] ^= 1
    (brought / shipped.WEIGHTS).write_bytes(content)
    with pytest.raises(InputError, match="not those that the package came with"):
        store.model_of(shipped.NANO, "cpu")


def test_without_a_row_they_have_to_be_trained() -> None:
    if shipped.NANO not in shipped.SHIPPED:
        with pytest.raises(InputError, match="train void"):
            store.system_of(shipped.NANO)


def test_what_the_table_names_is_there() -> None:
    for name, row in shipped.SHIPPED.items():
        folder = shipped.folder_of(name)
        assert (folder / shipped.WEIGHTS).stat().st_size <= 25_100_000
        assert json.loads((folder / shipped.CARD).read_text(encoding="utf-8"))["sha256"] == row.sha256


def test_a_run_that_is_none_is_not_shipped(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run"):
        ship(tmp_path, tmp_path / "out")
