"""The autoencoder of vera-nano: pictures it learns from, whole runs, stopped and gone on with, and what is shipped."""

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
from cleanplate.models.codecs.nano import load
from cleanplate.models.codecs.shape import Shape
from cleanplate.progress import Silent
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.nano_codec.pictures import PictureDataset, held_back
from cleanplate.train.nano_codec.recipe import Pictures, Recipe
from cleanplate.train.nano_codec.recipes import RECIPES
from cleanplate.train.nano_codec.run import _Learning, _Pictures, train
from cleanplate.train.nano_codec.ship import ship
from cleanplate.train.recipe import Adam, Every
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Mix, Stock
from cleanplate.train.vera_nano.recipes import RECIPES as LAYERING
from drawn_stock import COLUMNS, FRAMES, ROWS, small_recipe, write_stock
from interrupted import curve, require_goes_on


def tiny(**changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "shape": Shape(channels=4, reading=16, drawing=(16, 8, 8)),
        "clips": Clips(frames=FRAMES, rows=ROWS, columns=COLUMNS, batch=2),
        "stock": Stock(things=6, shoots=3, takes=3, held=2),
        "mix": Mix(rendered=0.3),
        "pictures": Pictures(each=3),
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


def test_pictures_are_the_same_again_and_differ(tmp_path: Path) -> None:
    recipe, folder = tiny(), stock(tmp_path)
    data = PictureDataset(folder, recipe)
    first, again, other = torch.stack(data[0]), torch.stack(data[0]), torch.stack(data[1])
    assert first.shape == (6, 3, ROWS, COLUMNS)
    assert first.dtype == torch.uint8
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    halves = [PictureDataset(folder, recipe, rank=rank, ranks=2)[1] for rank in range(2)]
    assert torch.equal(torch.stack(halves[0] + halves[1]), other)
    with pytest.raises(UsageError, match="3 processes do not divide a batch of 2"):
        PictureDataset(folder, recipe, ranks=3)
    gray = [bool((one == one[:1]).all()) for step in range(10) for one in data[step]]
    assert 0.2 < np.mean(gray) < 0.7  # alpha and masks


def test_lessons_go_through_what_processes_share(tmp_path: Path) -> None:
    recipe, data = tiny(), stock(tmp_path)
    accelerator = accelerator_of("no", "none", _Learning)
    method = _Pictures(recipe, data, accelerator)
    (pictures,) = method.examples(range(1))
    model = nn.DataParallel(_Learning(recipe.shape).to(accelerator.device))  # as DDP: knows `forward` alone
    method.total(method.losses(model, pictures, 0)).backward()  # type: ignore[no-untyped-call]
    assert all(part.grad is not None for part in model.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["none", "full"])
def test_two_processes_learn_what_one_learns(sharding: str, tmp_path: Path) -> None:
    data = stock(tmp_path / "stock")
    train(tiny(), tmp_path / "whole", data)
    require_same_by_two("nano_codec", tiny(sharding=sharding), tmp_path / "whole", data, tmp_path)


def test_a_stopped_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    recipe, data = tiny(), stock(tmp_path / "stock")
    require_goes_on(train, recipe, tmp_path, data)


def test_it_learns_what_stock_shows_and_is_measured_over_it(tmp_path: Path) -> None:
    """Drawing the mean colour of all pictures gives what `flat` says."""
    recipe, data = tiny(steps=60, ema=0.8, every=Every(log=20, save=60, preview=60)), stock(tmp_path / "stock")
    place = train(recipe, tmp_path / "run", data)
    held = torch.stack(held_back(data, recipe)).float() / 255
    flat = -10 * float(torch.log10((held - held.mean()).square().mean()))
    assert curve(tmp_path / "run")[-1]["sampled psnr of all"] > flat + 3
    latents = load(place).encode(held[:, :, None] * 2 - 1)
    assert 0.6 < float(latents.std()) < 1.6


def test_what_is_shipped_says_how_it_came_about(tmp_path: Path) -> None:
    recipe = tiny()
    train(recipe, tmp_path / "run", stock(tmp_path / "stock"))
    digest = ship(tmp_path / "run", tmp_path / "out")
    assert digest == sha256(tmp_path / "out" / "model.safetensors")
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["sha256"] == digest
    assert card["pictures"] == 4 * 2 * 3
    assert card["scores"]["sampled psnr"] > 0
    assert load(tmp_path / "out").channels == 4
    assert not verify(str(tmp_path / "out"), Silent()).findings
    with pytest.raises(InputError, match="no run"):
        ship(tmp_path / "none", tmp_path / "other")


def test_the_command_trains_for_a_minute(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["train", "codec", "--config", "nano", "--smoke", "--print"])
    own = tmp_path / "mine.json"
    small = json.loads(shown.stdout) | {
        "clips": tiny().clips.model_dump(),
        "stock": tiny().stock.model_dump(),
        "steps": 2,
    }
    own.write_text(json.dumps(small))
    data, out = stock(tmp_path / "stock"), tmp_path / "run"
    told = CliRunner().invoke(
        app, ["train", "codec", "--config", str(own), "--data", str(data), "--out", str(out), "--json"]
    )
    assert told.exit_code == 0, told.stderr
    assert load(Path(json.loads(told.stdout)["model"])).channels == 4
    refused = CliRunner().invoke(app, ["train", "codec", "--config", "nano", "--smoke"])
    assert refused.exit_code == 2
    assert "--out FOLDER" in refused.stderr
