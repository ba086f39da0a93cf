"""What trained ablations are judged by: clips and figures of the layered and the removal bench, at training size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import layered
import layered_clips
import numpy as np
import removal
import removal_clips
from layered_model import by_model as layering_model
from removal_methods import by_model as removing_model

from cleanplate.metrics.composition import Interval, mean_interval
from cleanplate.metrics.trajectory import error, lost
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.train.vera_nano.recipe import Recipe as Layering
from cleanplate.train.void_nano.recipe import Recipe as Removing
from cleanplate.worlds.layered.clip import Task

REMOVE = "remove"
SHOWN: Mapping[str, tuple[str, ...]] = {
    Task.ADD: ("preserved", "kept", "PSNR", "IoU", "complies", "kind", "colour", "place", "direction"),
    Task.BACKGROUND: ("kept", "PSNR", "IoU", "complies", "scene"),
    REMOVE: ("E", "lost", "PSNR", "SSIM"),
}
"""Figures by job."""


@dataclass(frozen=True)
class Figure:
    """Attributes: what was found of one clip, and how much the clip counts in it."""

    value: float
    weight: float = 1.0


Judged = Mapping[str, Mapping[str, Figure]]
"""By JOB/CLIP, figures by name; one that is not there says nothing of that clip."""


def judge_layers(
    model: Path, recipe: Layering, folder: Path, count: int | None, encoder: TextEncoder | None = None
) -> Judged:
    """Of the clips of `bench/layered.py`, which are kept in a folder."""
    clips, method = recipe.clips, layering_model(model, recipe.seed, encoder)
    jobs = layered_clips.validation_jobs(count, (clips.rows, clips.columns), clips.frames)
    found = {}
    for case in layered_clips.cases(jobs, folder):
        scores = layered.score(case, method(case))
        known = {name: Figure(value) for name, value in scores.items() if not math.isnan(value)}
        found[f"{case.task}/{case.key}"] = known
    return found


def judge_removals(model: Path, recipe: Removing, folder: Path, count: int | None) -> Judged:
    """Of the pairs of `bench/removal.py`, which are kept in a folder; E and what is lost over all things and frames."""
    method, found = removing_model(model), {}
    pairs = recipe.pairs
    planned = removal_clips.validation_pairs(count, (pairs.rows, pairs.columns), pairs)
    for case in removal_clips.cases(planned, folder):
        if case.changes.any():
            one = removal.score(case, method(case), {})
            figures = {"PSNR": Figure(one.psnr), "SSIM": Figure(one.ssim)}
            if one.sights:
                figures["E"] = Figure(error(one.sights), sum(sight.away for sight in one.sights))
                figures["lost"] = Figure(lost(one.sights), len(one.sights))
            found[f"{REMOVE}/{one.key}"] = figures
    return found


def interval(judged: list[Judged], job: str, figure: str, than: list[Judged] | None = None) -> Interval:
    """One figure over clips and seeds, or how much more of it there is than in other runs of the same seeds."""
    keys = [key for key in judged[0] if key.startswith(f"{job}/")]
    values, weights = _values(judged, keys, figure), _weights(judged[0], keys, figure)
    return mean_interval(values if than is None else values - _values(than, keys, figure), weights)


def _values(judged: list[Judged], keys: list[str], figure: str) -> np.ndarray:
    missing = Figure(math.nan)
    return np.array([[one[key].get(figure, missing).value for key in keys] for one in judged])


def _weights(judged: Judged, keys: list[str], figure: str) -> np.ndarray:
    """Of clips; they do not hang on what was made of them."""
    return np.array([judged[key].get(figure, Figure(math.nan, 0.0)).weight for key in keys])
