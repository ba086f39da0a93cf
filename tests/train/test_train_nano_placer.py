"""The placer of vera-nano: ways it learns from, whole runs, stopped and gone on with, and what is shipped."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from processes import require_same_by_two
from safetensors.torch import load_file
from torch import nn
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import InputError, UsageError
from cleanplate.files import sha256
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.placing.placer import Placer, load
from cleanplate.models.placing.shape import Shape
from cleanplate.models.placing.way import aim_of
from cleanplate.progress import Silent
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.nano_placer import ways
from cleanplate.train.nano_placer.recipe import Recipe
from cleanplate.train.nano_placer.recipes import RECIPES
from cleanplate.train.nano_placer.run import _Ways, train
from cleanplate.train.nano_placer.ship import ship
from cleanplate.train.nano_placer.ways import told, ways_of
from cleanplate.train.recipe import Adam, Every
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Mix, Stock
from cleanplate.train.vera_nano.recipes import RECIPES as LAYERING
from drawn_stock import COLUMNS, FRAMES, ROWS, small_recipe, write_stock
from interrupted import Interrupting, curve, require_goes_on


def tiny(**changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "shape": Shape(dim=16, layers=1, steps=4),
        "clips": Clips(frames=FRAMES, rows=ROWS, columns=COLUMNS, batch=8),
        "stock": Stock(things=6, shoots=3, takes=3, held=2),
        "mix": Mix(background=0.0, rendered=0.3),
        "additions": 30,
        "steps": 4,
        "rates": Adam(warmup=2),
        "ema": 0.5,
        "precision": "no",
        "checkpointing": False,
        "every": Every(log=1, save=2, preview=4),
    }
    return Recipe(**fields | changes)


def stock(folder: Path) -> Path:
    """What vera-nano's runs share."""
    return write_stock(folder, small_recipe())


def test_it_learns_from_the_stock_of_vera_nano_and_reads_its_words() -> None:
    mine, others = RECIPES["nano"], LAYERING["nano"]
    assert mine.stock == others.stock
    assert (mine.clips.rows, mine.clips.columns) == (others.clips.rows, others.clips.columns)
    assert mine.shape.text_dim == others.system.transformer.text_dim


def test_ways_are_those_of_what_is_added(tmp_path: Path) -> None:
    recipe, data = tiny(), stock(tmp_path)
    found = ways_of(data, recipe, Silent())
    assert found.texts.shape == (30, 2)
    assert all(str(short) in str(whole) or len(short) < len(whole) for whole, short in found.texts)
    for numbers, boxes in zip(found.numbers, found.boxes, strict=True):
        for place, box in zip(aim_of(numbers, np.array([-1.0, 1.0]), (1, 1)).middles_T2, boxes[[0, 2]], strict=True):
            assert (box[:2] - 0.05 <= place).all()
            assert (place <= box[2:] + 0.05).all()
    again = ways_of(data, recipe, Silent())
    assert np.array_equal(again.numbers, found.numbers)
    held = ways_of(data, recipe, Silent(), held=True)
    assert len(held.numbers) == 3


def test_where_nothing_can_be_learned_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_way", lambda mixed: None)
    with pytest.raises(InputError, match="no addition here"):
        ways_of(stock(tmp_path), tiny(), Silent())


def test_another_mix_is_another_file(tmp_path: Path) -> None:
    data = stock(tmp_path)
    for rendered in (0.0, 1.0):
        ways_of(data, tiny(mix=Mix(background=0.0, rendered=rendered)), Silent())
    assert len(list(data.rglob("ways-*.npz"))) == 2


def test_of_more_stock_come_other_ways(tmp_path: Path) -> None:
    data = stock(tmp_path)
    few, more = (ways_of(data, tiny(stock=Stock(things=6, shoots=3, takes=n, held=2)), Silent()) for n in (1, 3))
    fresh = ways_of(stock(tmp_path / "fresh"), tiny(), Silent())
    assert not np.array_equal(few.numbers, more.numbers)
    assert np.array_equal(more.numbers, fresh.numbers)


def test_damaged_ways_are_named(tmp_path: Path) -> None:
    data = stock(tmp_path)
    ways_of(data, tiny(), Silent())
    (damaged,) = data.rglob("ways-*.npz")
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.raises(InputError, match="no ways of additions") as told_of:
        ways_of(data, tiny(), Silent())
    assert told_of.value.where == str(damaged)


def test_every_addition_is_a_tick(tmp_path: Path) -> None:
    data = stock(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        ways_of(data, tiny(), Interrupting("Looking where things go", ticks=1))
    assert not list(data.rglob("ways-*"))


def test_a_run_of_another_recipe_is_refused_before_ways_are_looked_up(tmp_path: Path) -> None:
    train(tiny(), tmp_path / "run", stock(tmp_path / "stock"))
    with pytest.raises(InputError, match="another recipe"):
        train(tiny(seed=1), tmp_path / "run", stock(tmp_path / "stock"))
    assert not list((tmp_path / "stock").rglob("ways-*-1-*.npz"))


def test_a_single_way_can_be_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_HELD", 1)
    place = train(tiny(additions=1), tmp_path / "run", stock(tmp_path / "stock"))
    assert all(tensor.isfinite().all() for tensor in load_file(place / "model.safetensors").values())


def test_a_batch_that_processes_cannot_share_is_refused(tmp_path: Path) -> None:
    accelerator = SimpleNamespace(process_index=0, num_processes=3)
    found = ways_of(stock(tmp_path), tiny(), Silent())
    with pytest.raises(UsageError, match="3 processes do not divide a batch of 8"):
        _Ways(tiny(), found, found, accelerator)


def test_lessons_go_through_what_processes_share(tmp_path: Path) -> None:
    recipe, found = tiny(), ways_of(stock(tmp_path), tiny(), Silent())
    accelerator = accelerator_of("no", "none", Placer)
    method = _Ways(recipe, found, found, accelerator)
    (lessons,) = method.examples(range(1))
    model = nn.DataParallel(Placer(recipe.shape).to(accelerator.device))  # as DDP: knows `forward` alone
    method.total(method.losses(model, lessons, 0)).backward()  # type: ignore[no-untyped-call, arg-type]
    assert all(part.grad is not None for part in model.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["none", "full"])
def test_two_processes_learn_what_one_learns(sharding: str, tmp_path: Path) -> None:
    data = stock(tmp_path / "stock")
    train(tiny(), tmp_path / "whole", data)
    require_same_by_two("nano_placer", tiny(sharding=sharding), tmp_path / "whole", data, tmp_path)


def test_boxes_hold_what_is_added_with_room_up_to_the_frame(tmp_path: Path) -> None:
    kept, random = ways_of(stock(tmp_path), tiny(), Silent()), np.random.default_rng(0)
    for boxes in kept.boxes:
        for standing in (False, True):
            found = told(boxes, random, standing=standing)
            inner = np.repeat(boxes[3:], 3, axis=0) if standing else boxes[:3]
            assert (found[:, :2] <= inner[:, :2] + 1e-9).all()
            assert (found[:, 2:] >= inner[:, 2:] - 1e-9).all()
            assert found.min() >= 0
            assert found.max() <= 1


def test_a_stopped_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    recipe, data = tiny(), stock(tmp_path / "stock")
    require_goes_on(train, recipe, tmp_path, data)


def test_it_learns_which_words_mean_which_places(tmp_path: Path) -> None:
    """By another's words it is further off."""
    recipe = tiny(steps=150, additions=120, ema=0.9, rates=Adam(new=5e-3), every=Every(log=50, save=150, preview=150))
    train(recipe, tmp_path / "run", stock(tmp_path / "stock"))
    figures = curve(tmp_path / "run")[-1]
    assert figures["sampled start"] < 0.8 * figures["sampled start by another's words"]


def test_what_is_shipped_says_how_it_came_about(tmp_path: Path) -> None:
    train(tiny(), tmp_path / "run", stock(tmp_path / "stock"))
    digest = ship(tmp_path / "run", tmp_path / "out")
    assert digest == sha256(tmp_path / "out" / "model.safetensors")
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert (card["sha256"], card["name"], card["additions"]) == (digest, "nano-placer", 30)
    assert card["parameters"] == sum(part.numel() for part in load(tmp_path / "out").parameters())
    assert not verify(str(tmp_path / "out"), Silent()).findings


def test_the_command_trains_for_a_minute(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["train", "placer", "--config", "nano", "--smoke", "--print"])
    own = tmp_path / "mine.json"
    small = json.loads(shown.stdout) | {
        "clips": tiny().clips.model_dump(),
        "stock": tiny().stock.model_dump(),
        "steps": 2,
    }
    own.write_text(json.dumps(small))
    data, out = stock(tmp_path / "stock"), tmp_path / "run"
    asked = ["train", "placer", "--config", str(own), "--data", str(data), "--out", str(out), "--json"]
    made = CliRunner().invoke(app, asked)
    assert made.exit_code == 0, made.stderr
    assert load(Path(json.loads(made.stdout)["model"])).shape.dim == 32
    refused = CliRunner().invoke(app, ["train", "placer", "--config", "nano", "--smoke"])
    assert refused.exit_code == 2
    assert "--out FOLDER" in refused.stderr
    refused = CliRunner().invoke(app, [*asked[:-1], "--data", str(tmp_path)])
    assert refused.exit_code == 2
    assert "--data once" in refused.stderr
