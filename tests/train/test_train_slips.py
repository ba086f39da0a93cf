"""Masks as a reasoner draws them: what is drawn has the statistics that were recorded."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.masks.grid import fill
from cleanplate.masks.labels import AFFECTED, KEEP, OVERLAP, REMOVE, affected, combine, removed
from cleanplate.train.slips import Errors, cells_of_clip, degrade, distance, ever_of, read_errors
from cleanplate.train.void.masks import drawn_change
from cleanplate.train.void.recipe import Masks

HEIGHT, WIDTH, LENGTH = 64, 112, 12
DRAWS = 300


def errors(**changes: object) -> Errors:
    """No errors but those that are given."""
    none: dict[str, object] = {
        "reasoner": "drawn", "clips": 1, "height": HEIGHT, "width": WIDTH, "seeds": (0, 0), "command": "",
        "missed": (0.0, 0.0), "missed_at": (0.5,) * 4, "missed_kinds": {}, "extra": (0.0, 0.0),
        "extra_at": (0.25,) * 4, "patches": (1.0, *(0.0,) * 7), "late": (0.0, 0.0),
    }  # fmt: skip
    return Errors.model_validate(none | changes)


def clip() -> NDArray[np.uint8]:
    """A block is removed, and twelve cells beside it are affected from frame 2 to frame 9."""
    cells, gone = np.zeros((8, 14), bool), np.zeros((8, 14), bool)
    cells[2:5, 5:9], gone[3:6, 3:5] = True, True
    remove = fill(gone, HEIGHT, WIDTH)
    nothing = np.zeros_like(remove)
    return np.stack([combine(remove, fill(cells, HEIGHT, WIDTH) if 2 <= n <= 9 else nothing) for n in range(LENGTH)])


def draws(told: Errors) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The true cells, T x rows x columns, and those of many draws."""
    labels, random = clip(), np.random.default_rng(0)
    drawn = [degrade(labels, random, told) for _ in range(DRAWS)]
    return cells_of_clip(affected(labels)), np.stack([cells_of_clip(affected(one)) for one in drawn])


def test_without_errors_the_mask_stays() -> None:
    assert (degrade(clip(), np.random.default_rng(0), errors()) == clip()).all()


def test_as_many_cells_are_missed_as_recorded() -> None:
    true, drawn = draws(errors(missed=(0.0, 0.2, 1.0)))
    missed = 1 - np.asarray(drawn.any(axis=1))[:, ever_of(true)].mean(axis=1)
    assert missed.mean() == pytest.approx((0.1 + 0.6) / 2, abs=0.04)
    assert np.quantile(missed, 0.5) == pytest.approx(0.2, abs=0.06)
    assert not (drawn & ~true).any()


def test_cells_are_missed_where_they_were_missed() -> None:
    true, drawn = draws(errors(missed=(0.5, 0.5), missed_at=(0.0, 0.0, 0.5, 1.0)))
    away = distance(ever_of(cells_of_clip(removed(clip()))))
    lost: NDArray[np.bool_] = ~np.asarray(drawn.any(axis=1))
    shares = [lost[:, ever_of(true) & (away == steps)].mean() for steps in (1, 2, 3)]
    assert shares == sorted(shares)
    assert shares[2] > 0.8 > 0.2 > shares[0]


def test_as_many_cells_are_too_many_as_recorded_where_they_were() -> None:
    true, drawn = draws(errors(extra=(0.25, 0.75), extra_at=(0.0, 0.7, 0.3, 0.0), patches=(0.5, 0.0, 0.5, *(0.0,) * 5)))
    extra = drawn.any(axis=1) & ~ever_of(true)
    assert extra.sum(axis=(1, 2)).mean() / ever_of(true).sum() == pytest.approx(0.5, abs=0.03)
    away = distance(ever_of(cells_of_clip(removed(clip()))))
    assert extra[:, away == 1].sum() > extra[:, away == 2].sum() > 0
    assert not drawn[:, [0, 1, 10, 11]].any()  # never while nothing is affected


def test_consequences_are_noticed_as_late_as_recorded() -> None:
    true, drawn = draws(errors(late=(0.0, 3.0)))
    first = drawn[..., ever_of(true)].argmax(axis=1) - 2
    assert first.mean() == pytest.approx(1.5, abs=0.15)
    assert set(np.unique(first)) <= {0, 1, 2, 3}


def test_what_is_removed_stays_and_one_draw_is_one_answer() -> None:
    told = errors(missed=(0.3, 0.6), extra=(0.2, 0.5), late=(0.0, 2.0))
    one, again = (degrade(clip(), np.random.default_rng(4), told) for _ in range(2))
    assert (one == again).all()
    assert (removed(one) == removed(clip())).all()
    still = cells_of_clip(affected(one))[5:10]
    assert (still == still[0]).all()
    nothing = clip()[:2]
    assert (degrade(nothing, np.random.default_rng(0), told) == nothing).all()


def test_the_errors_of_physics_ship() -> None:
    told = read_errors()
    assert told.reasoner == "physics"
    assert told.clips >= 20
    assert sum(told.extra_at) == pytest.approx(1, abs=0.01)
    assert list(told.missed) == sorted(told.missed)
    assert told.missed[-1] <= 1


def test_an_account_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"version": 1}')
    with pytest.raises(InputError, match="no account"):
        read_errors(tmp_path / "a.json")


def test_training_draws_them_for_as_many_clips_as_asked() -> None:
    labels = np.where(clip() == OVERLAP, REMOVE, clip()).astype(np.uint8)
    labels[0] = np.where(labels[0] == AFFECTED, KEEP, labels[0])
    changes = [drawn_change(Masks(reasoned=0.25), (8, 8), np.random.default_rng(seed)) for seed in range(400)]
    slipped = [change for change in changes if change.reasoned is not None]
    assert len(slipped) / len(changes) == pytest.approx(0.25, abs=0.06)
    drawn = np.stack([change.of_clip(labels) for change in slipped[:20]])
    assert set(np.unique(drawn)) <= {REMOVE, AFFECTED, KEEP}
    assert not (drawn[:, 0] == AFFECTED).any()
    assert (drawn != labels).any()
    untouched = next(change for change in changes if change.reasoned is None)
    assert (untouched.of_clip(labels) == labels).all()
