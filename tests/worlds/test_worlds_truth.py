"""Quadmasks from truth: nothing that changes is missed, and little else is in them."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import parlour, still

from cleanplate.masks.labels import KEEP, OVERLAP, REMOVE, affected, changed, is_exact, removed
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import FAMILIES, sample
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.truth import changed_at, gridded, seen, truth_labels

HEIGHT, WIDTH = 64, 112
QUICK, ALL = range(100), range(100, 500)
FRAMES = (6, 12)


@pytest.mark.parametrize("seed", QUICK)
def test_all_that_differs_is_in_the_mask_and_little_else(seed: int) -> None:
    _check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", ALL)
def test_all_that_differs_is_in_the_mask_and_little_else_on_more_scenes(seed: int) -> None:
    _check(seed)


def _check(seed: int) -> None:
    names = list(FAMILIES)
    scene = sample(names[seed % len(names)], seed).model_copy(update={"frames": FRAMES[-1] + 1})
    both = counterfactual(scene)
    renderer = Tiny()
    places = {body.name: place for place, body in enumerate(scene.bodies)}
    gone = [places[name] for name in both.removed]
    views = zip(
        renderer.render(scene, both.original.at(FRAMES), HEIGHT, WIDTH),
        renderer.render(scene, both.altered.at(FRAMES), HEIGHT, WIDTH),
        strict=True,
    )
    for frame, (a, b) in zip(FRAMES, views, strict=True):
        others = changed_at(scene, both, frame)
        labels = truth_labels(a, b, gone, others)
        assert is_exact(labels)
        differs = np.abs(a.rgb.astype(int) - b.rgb).max(axis=-1) > 2
        assert changed(labels)[differs].all()
        assert np.array_equal(removed(labels), a.coverage[gone].max(axis=0) > 0)
        belongs = np.isin(a.instance, [*gone, *others]) | np.isin(b.instance, others)
        claimed = changed(labels)
        assert not claimed.any() or (differs | belongs)[claimed].mean() >= 0.6
        cells = gridded(labels)
        assert np.array_equal(removed(cells), removed(labels))
        assert changed(cells)[changed(labels)].all()


def test_a_scene_that_loses_nothing_keeps_everything() -> None:
    scene = parlour()
    ((a, b),) = _pairs(scene, still(scene), still(scene))
    assert (truth_labels(a, b, [], []) == KEEP).all()


def test_what_changes_is_affected_from_its_onset_to_its_end() -> None:
    scene = sample("dominoes", 1)
    both = counterfactual(scene)
    for change in both.changed:
        assert change.onset is not None
        assert change.end is not None
        place = [body.name for body in scene.bodies].index(change.name)
        during = [place in changed_at(scene, both, frame) for frame in range(scene.frames)]
        assert during == [change.onset <= frame < change.end for frame in range(scene.frames)]
    assert both.changed


def test_the_shadow_of_the_removed_thing_is_affected() -> None:
    scene = parlour()
    a, b = _pairs(scene, still(scene), still(scene).without({"ball"}))[0]
    labels = truth_labels(a, b, [1], [])
    shadow = affected(labels)
    assert shadow.sum() > 30
    # It lies on the floor and what stands behind, all of it darker before.
    assert (a.rgb[shadow].astype(int).sum(-1) < b.rgb[shadow].astype(int).sum(-1)).mean() > 0.9
    assert set(np.unique(labels[seen(a, [1])])) == {REMOVE}


def test_a_changed_thing_behind_the_removed_one_overlaps_it() -> None:
    scene = parlour()
    names = [body.name for body in scene.bodies]
    place = names.index("table")
    a, b = _pairs(scene, still(scene), still(scene).without({"ball"}))[0]
    both = seen(a, [1]) & seen(b, [place])
    assert both.any()
    assert (truth_labels(a, b, [1], [place])[both] == OVERLAP).all()


def test_without_takes_bodies_away_and_nothing_else() -> None:
    whole = still(parlour(), 2)
    fewer = whole.without(("ball", "can"))
    assert fewer.names == tuple(name for name in whole.names if name not in ("ball", "can"))
    for name in fewer.names:
        assert np.array_equal(fewer.positions[:, fewer.index(name)], whole.positions[:, whole.index(name)])


def _pairs(scene: Scene, original: Trajectories, altered: Trajectories) -> list[tuple[View, View]]:
    renderer = Tiny()
    return list(
        zip(
            renderer.render(scene, original, HEIGHT, WIDTH),
            renderer.render(scene, altered, HEIGHT, WIDTH),
            strict=True,
        )
    )
