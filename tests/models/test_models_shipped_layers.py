"""vera-nano in the package: from a run into it, a row of the table, and an edit that names no weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cleanplate.engines.vera import engine as vera
from cleanplate.errors import InputError
from cleanplate.files import sha256
from cleanplate.models.catalogue import places, shipped
from cleanplate.models.catalogue.facts import facts, rows
from cleanplate.models.catalogue.system import Limits
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.mixture.counting import size_of
from cleanplate.models.store.loading import save
from cleanplate.pipeline.add import add
from cleanplate.pipeline.edits import Add
from cleanplate.pipeline.make import Order
from cleanplate.progress import Silent
from cleanplate.train import shipping
from cleanplate.train.loop import RECIPE
from cleanplate.train.vera_nano.recipe import Recipe
from cleanplate.train.vera_nano.recipes import RECIPES, ablated
from cleanplate.train.vera_nano.ship import line_of, ship
from drawn_clips import write_plate
from drawn_models import drawn
from drawn_stock import pixels_system, small_recipe
from drawn_vera import TEXT_DIM, DrawnParts

GEOMETRY = {"dim": 32, "layers": 1, "heads": 2, "ffn_dim": 32, "text_dim": TEXT_DIM, "frequency_dim": 16, "waves": 2}
LOOK = {"step": 4, "sampled iou add": 0.5}


def recipe() -> Recipe:
    limits = Limits(frames=8, pixels=16 * 24, rate=25, slowest=5)
    return small_recipe(system=pixels_system((4, 8, 8), **GEOMETRY).model_copy(update={"limits": limits}))


def write_run(folder: Path, made: Recipe) -> Path:
    """What training leaves."""
    save(drawn(made.system.transformer), made.system, folder / "model")
    (folder / RECIPE).write_text(made.model_dump_json(indent=1) + "\n")
    (folder / "curves.jsonl").write_text(json.dumps({"step": 2, "loss": 1.0}) + "\n" + json.dumps(LOOK) + "\n")
    return folder


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package with these weights, and their line in the table, beside the small models that go with them."""
    folder = tmp_path / "shipped" / shipped.VERA_NANO
    for part in shipped.PARTS:
        shutil.copytree(shipped.FOLDER / part, folder.parent / part)
    line = line_of(ship(write_run(tmp_path / "run", recipe()), folder))
    monkeypatch.setattr(shipped, "FOLDER", folder.parent)
    monkeypatch.setattr(shipped, "SHIPPED", eval(f"{{{line}}}", {"Shipped": shipped.Shipped}))
    return folder


def test_the_card_tells_of_the_run(brought: Path) -> None:
    card, made = shipped.card_of(brought), recipe()
    assert {tensor.dtype for tensor in load_file(brought / shipped.WEIGHTS).values()} == {torch.float16}
    assert card["scores"] == LOOK
    assert card["lessons"] == made.steps * made.clips.batch
    assert card["parameters"] == size_of(made.system.transformer).parameters
    assert card["command"].startswith(f"cleanplate train vera --config {RECIPE} --steps 4 --seed 0")
    assert card["sha256"] == shipped.SHIPPED[shipped.VERA_NANO].sha256


def test_the_card_tells_what_the_run_went_on_from_and_no_path(brought: Path, tmp_path: Path) -> None:
    first = write_run(tmp_path / "first", recipe())
    again = write_run(tmp_path / "again", recipe().model_copy(update={"start": first / "model"}))
    ship(again, tmp_path / "out")
    assert shipped.card_of(tmp_path / "out")["start"] == sha256(first / "model" / shipped.WEIGHTS)
    assert str(tmp_path) not in (tmp_path / "out" / shipped.CARD).read_text(encoding="utf-8")
    assert shipped.card_of(brought)["start"] is None


def test_a_recipe_of_the_table_is_told_by_its_name() -> None:
    made = RECIPES["nano-gpu"].model_copy(update={"steps": 7, "seed": 3})
    assert shipping.command_of("vera", made, RECIPES) == (
        "cleanplate train vera --config nano-gpu --steps 7 --seed 3 --out RUN"
    )


def test_operations_are_those_of_the_matrices() -> None:
    """Twice what the matrices hold that a token goes through; twelve tokens a branch, five words."""
    made = recipe().system.transformer
    found = shipping.operations(made, (8, 16, 24), words=5)
    tokens, dim, inner = 2 * 2 * 3, 32, 32
    outside = tokens * dim * (3 + 3 + 2) * made.patch_samples + tokens * dim * 6 * made.waves * 3
    towers = 3 * tokens * (4 * dim * dim + 2 * dim * inner + 2 * dim * dim)
    assert found > 2 * (outside + towers)
    assert found < 2.2 * (outside + towers)


def test_it_is_one_row_of_the_table(brought: Path) -> None:
    assert places.located(shipped.VERA_NANO) == brought
    (row,) = (row for row in rows() if row["name"] == shipped.VERA_NANO)
    assert row["weights"] == "in the package"
    assert facts(shipped.VERA_NANO)["card"]["scores"] == LOOK
    found = verify(shipped.VERA_NANO, Silent())
    assert not found.findings
    assert str(brought / shipped.WEIGHTS) not in found.unstated
    with pytest.raises(InputError, match="came with this package"):
        places.sources(shipped.VERA_NANO)


def test_an_edit_needs_no_weights_named(brought: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vera.VeraEngine.__init__, "__defaults__", (None, None, DrawnParts))
    order = Order(shipped.VERA_NANO, settings={"steps": 1})
    package = add(
        write_plate(tmp_path / "plate.mp4", 6),
        Add(instruction="a red ball", box=(8, 6, 41, 40)),
        tmp_path / "shot",
        order,
    )
    assert package.shot.engine.weights_sha256 == DrawnParts(shipped.VERA_NANO).digest()


@pytest.mark.parametrize(
    ("broken", "said"), [("curves.jsonl", "no figures"), (RECIPE, "no run"), ("regenerate", "no layers")]
)
def test_what_is_no_finished_run_is_not_shipped(broken: str, said: str, tmp_path: Path) -> None:
    whole = broken != "regenerate"
    run = write_run(tmp_path / "run", recipe() if whole else ablated(recipe(), broken))
    if whole:
        (run / broken).unlink()
    with pytest.raises(InputError, match=said):
        ship(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()
