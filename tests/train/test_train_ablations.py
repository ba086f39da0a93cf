"""The bench of ablations: which runs there are, that each is trained and judged once, and what the tables compare."""

from __future__ import annotations

import json
from pathlib import Path

import ablations
import gpu_parcels
import numpy as np
import pytest
import torch
from ablation_judges import Figure, Judged, interval
from ablation_runs import JUDGED, Run, runs
from ablations import gathered, judge, tables
from layered_clips import Case, drawn
from layered_methods import by_difference
from layered_model import by_model

from cleanplate.errors import InputError, UsageError
from cleanplate.metrics.composition import mean_interval
from cleanplate.models.catalogue.shipped import PLACER
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.placing.placer import Placer
from cleanplate.models.placing.placer import save as save_placer
from cleanplate.models.placing.shape import Shape
from cleanplate.models.store.loading import save
from cleanplate.train.loop import RECIPE
from cleanplate.train.vera_nano.recipes import ablated
from cleanplate.train.vera_nano.run import train
from cleanplate.worlds.layered.alpha import over
from cleanplate.worlds.layered.clip import Task, Tier
from drawn_layers import HashedWords
from drawn_models import drawn as drawn_model
from drawn_stock import COLUMNS, FRAMES, ROWS, small_recipe, write_stock


def case(task: Task = Task.ADD) -> Case:
    return next(drawn(Tier.SYNTHETIC, task, [450_000], (ROWS, COLUMNS), FRAMES))


def judged(*values: float, weights: tuple[float, ...] | None = None) -> Judged:
    pairs = zip(values, weights or (1.0,) * len(values), strict=True)
    return {f"{Task.ADD}/{n}": {"PSNR": Figure(*pair)} for n, pair in enumerate(pairs)}


def test_every_recipe_is_run_with_every_seed(tmp_path: Path) -> None:
    every = runs("nano-smoke", 3, 2, tmp_path)
    assert [run.recipe.seed for run in every] == [0] * 8 + [1] * 8
    assert {run.label for run in every} == {
        *("vera", "vera-regenerate", "vera-apart", "vera-one-tower", "vera-unsupervised", "vera-unhinted"),
        *("void", "void-binary"),
    }
    assert all(run.recipe.steps == 3 for run in every)
    assert len({run.folder for run in every}) == len(every)
    assert {run.label for run in runs("nano", None, 1, tmp_path, ["void", "vera-apart"])} == {
        *("void", "void-binary", "vera-apart")
    }
    assert {run.label for run in runs("nano-few", None, 1, tmp_path)} == {run.label for run in every}
    with pytest.raises(UsageError, match="vera-twice"):
        runs("nano", None, 1, tmp_path, ["vera-twice"])


@pytest.mark.parametrize("name", [None, "regenerate"])
def test_a_run_is_trained_judged_and_then_left(name: str | None, tmp_path: Path) -> None:
    recipe = small_recipe(steps=1, every={"log": 1, "save": 1, "preview": 1})
    recipe = recipe if name is None else ablated(recipe, name)
    run = Run("vera" if name is None else f"vera-{name}", recipe, tmp_path / "runs" / "one")
    assert not (run.folder / JUDGED).exists()
    model = train(
        recipe, run.folder, write_stock(tmp_path / "stock", recipe), codec=PixelCodec((1, 1, 1)), encoder=HashedWords()
    )
    write_placer(model)
    judge(run, model, tmp_path / "data", 4, HashedWords())
    assert run.judged
    (found,) = gathered([run])[run.label].values()
    assert {key.partition("/")[0] for key in found} == set(Task)
    assert all({"kept", "PSNR", "IoU", "complies"} <= set(one) for one in found.values())
    assert {str(table.columns[0].header) for table in tables({run.label: {0: found}})} == set(Task)
    (run.folder / RECIPE).write_text("{}")
    with pytest.raises(InputError, match="another recipe"):
        _ = run.judged
    assert not [path for path in gpu_parcels._worth_it(run.folder) if path.suffix == ".safetensors"]


def test_the_command_gathers_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {run.label: run for run in runs("nano-smoke", 1, 1, tmp_path)}
    for label in ("vera", "vera-apart"):
        run = known[label]
        run.folder.mkdir(parents=True)
        (run.folder / RECIPE).write_text(run.recipe.model_dump_json(indent=1) + "\n")
        values = {"value": 20.0 + len(label), "weight": 1.0}
        (run.folder / JUDGED).write_text(json.dumps({f"{Task.ADD}/1": {"PSNR": values}}))
    monkeypatch.setattr(Run, "train", lambda *_: pytest.fail("what is judged is not trained again"))
    options = ["--base", "nano-smoke", "--steps", "1", "--seeds", "1", "--out", str(tmp_path)]
    ablations.main([*options, "--only", "vera-apart"])
    assert "+6.000" in capsys.readouterr().out
    written = json.loads((tmp_path / "ablations.json").read_text())
    assert written["figures"][Task.ADD]["vera-apart"]["PSNR"][0] == 30
    assert set(written["runs"]) == {"vera-seed0", "vera-apart-seed0"}


def test_figures_weigh_clips_and_are_compared_clip_by_clip() -> None:
    one = interval([judged(1, 4, weights=(3, 1))], Task.ADD, "PSNR")
    assert one.value == pytest.approx((3 * 1 + 4) / 4)
    random = np.random.default_rng(0)
    hard = random.normal(20, 5, 40)
    ours = [judged(*(hard + 1 + random.normal(0, 0.1, 40))) for _ in range(3)]
    theirs = [judged(*(hard + random.normal(0, 0.1, 40))) for _ in range(3)]
    apart = interval(ours, Task.ADD, "PSNR", theirs)
    assert apart.low < 1 < apart.high
    assert apart.high - apart.low < 0.2 < interval(ours, Task.ADD, "PSNR").high - interval(ours, Task.ADD, "PSNR").low


def test_a_mean_of_weighted_clips_is_the_ratio_of_sums() -> None:
    off, away = np.array([3.0, 1.0, 8.0]), np.array([6.0, 1.0, 10.0])
    assert mean_interval(off / away, away).value == pytest.approx(off.sum() / away.sum())
    assert np.isnan(mean_interval(off / away, np.zeros(3)).value)
    known = mean_interval(np.array([0.5, np.nan, 0.8]), away)
    assert known.value == pytest.approx((0.5 * 6 + 0.8 * 10) / 16)


def test_the_layer_of_a_picture_made_anew_is_where_it_differs() -> None:
    one = case()
    found = by_difference(one.source, one.composite)
    assert found.alpha is not None
    covered = one.real_alpha > 0.9
    assert (found.alpha[covered] > 0).mean() > 0.7
    assert (found.alpha[one.real_alpha == 0] > 0).mean() < 0.05
    assert not by_difference(one.source, one.source).alpha.any()  # type: ignore[union-attr]


def write_placer(model: Path) -> None:
    """One that reads as many channels as the models here, beside their weights."""
    torch.manual_seed(0)
    save_placer(Placer(Shape(dim=8, layers=1, text_dim=HashedWords.channels, steps=2)), model / PLACER)


@pytest.mark.parametrize("name", [None, "regenerate"])
def test_a_model_is_asked_about_clips_of_its_size(name: str | None, tmp_path: Path) -> None:
    """Its layer is laid over the plate; a picture made anew stays as it is, and its layer is cut out of it."""
    made = small_recipe() if name is None else ablated(small_recipe(), name)
    save(drawn_model(made.system.transformer), made.system, tmp_path / "model")
    write_placer(tmp_path / "model")
    method, shown = by_model(tmp_path / "model", 0, HashedWords()), case()
    (other,) = drawn(Tier.SYNTHETIC, Task.ADD, [450_000], (ROWS, COLUMNS + 4), FRAMES)
    with pytest.raises(InputError, match="28x16"):
        method(other)
    first, again = method(shown), method(shown)
    assert first is not None
    assert again is not None
    assert first.edit is not None
    assert first.alpha is not None
    np.testing.assert_array_equal(first.composite, again.composite)
    if name is None:
        frames = zip(first.edit, np.rint(255 * first.alpha).astype(np.uint8), shown.source, strict=True)
        np.testing.assert_array_equal(first.composite, np.stack([over(*frame) for frame in frames]))
    else:
        np.testing.assert_array_equal(first.edit, first.composite)
        np.testing.assert_array_equal(first.alpha, by_difference(shown.source, first.composite).alpha)
