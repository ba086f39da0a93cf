"""The finder of vera-nano: pictures it learns from, whole runs, stopped and gone on with, and what is shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from processes import require_same_by_two
from torch import nn
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import InputError, UsageError
from cleanplate.files import sha256
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.finding.finder import Finder, load
from cleanplate.models.finding.shape import Shape
from cleanplate.progress import Silent
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.nano_finder.recipe import Recipe
from cleanplate.train.nano_finder.recipes import RECIPES
from cleanplate.train.nano_finder.run import _Subjects, train
from cleanplate.train.nano_finder.ship import ship
from cleanplate.train.nano_finder.subjects import SubjectDataset, held_back
from cleanplate.train.recipe import Adam, Every
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Mix, Stock
from cleanplate.train.vera_nano.recipes import RECIPES as LAYERING
from drawn_stock import COLUMNS, FRAMES, ROWS, small_recipe, write_stock
from interrupted import curve, require_goes_on


def tiny(**changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "shape": Shape(widths=(16, 24), told=8),
        "clips": Clips(frames=FRAMES, rows=ROWS, columns=COLUMNS, batch=2),
        "stock": Stock(things=6, shoots=3, takes=3, held=2),
        "mix": Mix(background=1.0, rendered=0.3),
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


def test_it_learns_from_the_pictures_of_vera_nano() -> None:
    mine, others = RECIPES["nano"], LAYERING["nano"]
    assert mine.stock == others.stock
    assert (mine.clips.rows, mine.clips.columns) == (others.clips.rows, others.clips.columns)
    assert mine.shape.text_dim == others.system.transformer.text_dim


def test_pictures_are_the_same_again_and_differ(tmp_path: Path) -> None:
    recipe, folder = tiny(), stock(tmp_path)
    data = SubjectDataset(folder, recipe)
    first, again, other = (torch.stack([one.picture_3HW for one in data[step]]) for step in (0, 0, 1))
    assert first.shape == (8, 3, ROWS, COLUMNS)
    assert first.dtype == torch.uint8
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    halves = [one.picture_3HW for rank in range(2) for one in SubjectDataset(folder, recipe, rank=rank, ranks=2)[1]]
    assert torch.equal(torch.stack(halves), other)
    with pytest.raises(UsageError, match="3 processes do not divide a batch of 2"):
        SubjectDataset(folder, recipe, ranks=3)


def test_a_picture_comes_with_the_names_and_the_matte_of_what_stays(tmp_path: Path) -> None:
    folder = stock(tmp_path)
    plain: dict[str, Any] = {"silent": 0.0, "others": 0.0}
    lessons = [one for step in range(6) for one in SubjectDataset(folder, tiny(colourless=0.0, **plain))[step]]
    for one in lessons:
        covered = one.matte_HW > 127
        assert one.matte_HW.shape == (ROWS, COLUMNS)
        assert 0 < covered.float().mean() < 0.8
        assert len(one.text.split()) >= 2  # a colour and a thing
    bare = [one for step in range(6) for one in SubjectDataset(folder, tiny(colourless=1.0, **plain))[step]]
    for one, less in zip(lessons, bare, strict=True):
        assert len(less.text) < len(one.text)
        assert set(less.text.split(", ")) <= {name.split(" ", 1)[1] for name in one.text.split(", ")}
    mute = [one.text for step in range(40) for one in SubjectDataset(folder, tiny(silent=0.5))[step]]
    assert 0.3 < np.mean([not text for text in mute]) < 0.7


def test_of_two_things_in_a_picture_those_are_meant_that_are_named(tmp_path: Path) -> None:
    folder = stock(tmp_path)
    fields: dict[str, Any] = {"colourless": 0.0, "silent": 0.0, "mix": Mix(background=1.0, rendered=0.0)}
    alone, beside = (SubjectDataset(folder, tiny(others=others, **fields)) for others in (0.0, 1.0))
    told = set()
    for step in range(12):
        for one, two in zip(alone[step], beside[step], strict=True):
            before, matte = one.matte_HW > 127, two.matte_HW > 127
            new = (one.picture_3HW != two.picture_3HW).any(dim=0)
            names = set(two.text.split(", "))
            if one.text not in names:
                assert (matte <= new).all()  # the other thing alone
                told.add("other")
            elif len(names) == 1:
                assert (matte <= before).all()
                assert matte[before & ~new].all()
                told.add("first")
            else:
                assert (matte <= before | new).all()
                assert matte[before & ~new].all()
                told.add("both")
    assert told == {"first", "other", "both"}


def test_lessons_go_through_what_processes_share(tmp_path: Path) -> None:
    recipe, data = tiny(), stock(tmp_path)
    accelerator = accelerator_of("no", "none", Finder)
    method = _Subjects(recipe, data, accelerator)
    (lessons,) = method.examples(range(1))
    model: Any = nn.DataParallel(Finder(recipe.shape).to(accelerator.device))  # as DDP: knows `forward` alone
    method.total(method.losses(model, lessons, 0)).backward()  # type: ignore[no-untyped-call]
    assert all(part.grad is not None for part in model.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["none", "full"])
def test_two_processes_learn_what_one_learns(sharding: str, tmp_path: Path) -> None:
    data = stock(tmp_path / "stock")
    train(tiny(), tmp_path / "whole", data)
    require_same_by_two("nano_finder", tiny(sharding=sharding), tmp_path / "whole", data, tmp_path)


def test_a_stopped_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    recipe, data = tiny(), stock(tmp_path / "stock")
    require_goes_on(train, recipe, tmp_path, data)


def test_it_learns_what_stock_shows(tmp_path: Path) -> None:
    """Claiming every pixel gives what `all` says."""
    recipe, data = tiny(steps=80, ema=0.8, every=Every(log=20, save=80, preview=80)), stock(tmp_path / "stock")
    train(recipe, tmp_path / "run", data)
    everything = float(np.mean([(one.matte_HW > 127).float().mean() for one in held_back(data, recipe, others=False)]))
    assert curve(tmp_path / "run")[-1]["sampled iou"] > everything + 0.1


def test_what_is_shipped_says_how_it_came_about(tmp_path: Path) -> None:
    recipe = tiny()
    train(recipe, tmp_path / "run", stock(tmp_path / "stock"))
    digest = ship(tmp_path / "run", tmp_path / "out")
    assert digest == sha256(tmp_path / "out" / "model.safetensors")
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["sha256"] == digest
    assert card["pictures"] == 4 * 2 * 4
    assert 0 <= card["scores"]["sampled iou"] <= 1
    assert load(tmp_path / "out").shape == recipe.shape
    assert not verify(str(tmp_path / "out"), Silent()).findings
    with pytest.raises(InputError, match="no run"):
        ship(tmp_path / "none", tmp_path / "other")


def test_the_command_trains_for_a_minute(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["train", "finder", "--config", "nano", "--smoke", "--print"])
    own = tmp_path / "mine.json"
    small = json.loads(shown.stdout) | {name: getattr(tiny(), name).model_dump() for name in ("clips", "stock")}
    own.write_text(json.dumps(small | {"steps": 2}))
    data, out = stock(tmp_path / "stock"), tmp_path / "run"
    told = CliRunner().invoke(
        app, ["train", "finder", "--config", str(own), "--data", str(data), "--out", str(out), "--json"]
    )
    assert told.exit_code == 0, told.stderr
    assert load(Path(json.loads(told.stdout)["model"])).shape == Shape(widths=(8, 16), told=8)
    refused = CliRunner().invoke(app, ["train", "finder", "--config", "nano", "--smoke"])
    assert refused.exit_code == 2
    assert "--out FOLDER" in refused.stderr
