"""Layered clips: the layer really leads from one picture to the other, with no more alpha than that takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.errors import InputError
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.layered.alpha import TOLERANCE, layer_between, least_alpha, over
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame, Task, Tier
from cleanplate.worlds.layered.drift import Drift
from cleanplate.worlds.layered.places import KINDS, Place
from cleanplate.worlds.layered.rendered import sample_rendered
from cleanplate.worlds.layered.sprites import read_sprite, read_sprites
from cleanplate.worlds.layered.synthetic import sample_synthetic
from cleanplate.worlds.scene import Body, Camera, Pose, Scene, Sphere


def sample(task: Task, seed: int, length: int, sprites: Sequence[Path] = ()) -> LayeredClip:
    """A small clip."""
    return sample_synthetic(task, seed, height=64, width=112, length=length, sprites=sprites)


def check(frame: LayeredFrame, task: Task) -> tuple[float, float]:
    """Property 8 on one frame; the alpha's area, and that of coverage and true effect."""
    before, after, alpha = frame.preserved.astype(int), frame.composite.astype(int), frame.alpha
    assert np.abs(over(frame.edit, alpha, frame.preserved).astype(int) - after).max() <= 1
    differs = np.abs(before - after).max(axis=2) > TOLERANCE
    if task is Task.ADD:
        assert (alpha >= np.floor(frame.coverage * 255)).all()
        assert not alpha[~differs & (frame.coverage == 0)].any()
    return float((alpha > 0).sum()), float((differs | (frame.coverage > 0)).sum())


def assert_property(clip: LayeredClip, frames: int) -> None:
    area, due = np.sum([check(frame, clip.task) for frame in islice(clip.frames(), 0, None, clip.length // frames)], 0)
    if clip.task is Task.ADD:
        assert area <= 1.3 * due


@pytest.mark.parametrize("task", list(Task))
def test_synthetic_clips_hold_the_property(task: Task) -> None:
    for seed in range(50):
        assert_property(sample(task, seed, 8), 2)


@pytest.mark.slow
@pytest.mark.parametrize("task", list(Task))
def test_many_synthetic_clips_hold_the_property(task: Task) -> None:
    for seed in range(1000, 1250):
        assert_property(sample(task, seed, 8), 4)


RENDERED = pytest.mark.parametrize(("task", "tier"), [(t, n) for t in Task for n in (Tier.SINGLE, Tier.MULTI)])


@RENDERED
def test_rendered_clips_hold_the_property(task: Task, tier: Tier) -> None:
    for seed in range(6):
        assert_property(sample_rendered(task, tier, seed, height=64, width=112, length=2), 2)


@pytest.mark.slow
@RENDERED
def test_many_rendered_clips_hold_the_property(task: Task, tier: Tier) -> None:
    for seed in range(1000, 1063):
        assert_property(sample_rendered(task, tier, seed, height=64, width=112, length=4), 4)


def test_rendered_things_cast_shadows_and_are_seen() -> None:
    shadows = 0
    for seed in range(6):
        clip = sample_rendered(Task.ADD, Tier.MULTI, seed, height=64, width=112, length=3)
        first, *_, last = clip.frames()
        assert first.coverage.max() > 0.9, "the thing is in the picture"
        thin = (first.alpha > 8) & (first.coverage == 0)
        dark = first.composite.astype(int).sum(axis=2) < first.preserved.astype(int).sum(axis=2)
        shadows += bool((thin & dark).sum() > 4)
        assert clip.facts["objects"] in (2, 3)
        assert "their shadows" in clip.instruction
        assert first.composite.shape == last.composite.shape == (64, 112, 3)
    assert shadows >= 5
    with pytest.raises(ValueError, match="not rendered"):
        sample_rendered(Task.ADD, Tier.SYNTHETIC, 0, height=64, width=112, length=3)


@settings(max_examples=200)
@given(st.integers(0, 2**32 - 1))
def test_any_two_pictures_are_joined_by_the_least_alpha(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (6, 7, 3)
    before = rng.integers(0, 256, shape, dtype=np.uint8)
    after = np.where(rng.random(shape[:2])[..., None] < 0.3, before, rng.integers(0, 256, shape)).astype(np.uint8)
    coverage = np.where(rng.random(shape[:2]) < 0.5, 0, rng.random(shape[:2])).astype(np.float32)
    edit, alpha = layer_between(before, after, coverage)
    changed = np.abs(before.astype(int) - after).max(axis=2) > TOLERANCE
    assert np.abs(over(edit, alpha, before).astype(int) - after)[changed | (coverage > 0)].max(initial=0) <= 1
    assert (alpha / 255 >= coverage - 1e-6).all()
    # One step less would need a colour out of range, or cover less than the thing does.
    less = np.maximum(alpha.astype(float) - 1, 0)[..., None] / 255
    needed = after - (1 - less) * before.astype(float)
    fits = ((needed >= -1e-6) & (needed <= 255 * less + 1e-6)).all(axis=2)
    assert not (fits & (alpha > 0) & (less[..., 0] >= coverage) & changed).any()


def test_a_shadow_is_thin_black() -> None:
    before = np.full((4, 4, 3), 200, np.uint8)
    after = np.full((4, 4, 3), 150, np.uint8)
    edit, alpha = layer_between(before, after, np.zeros((4, 4), np.float32))
    assert (alpha == 64).all(), "a quarter of the light is missing"
    assert edit.max() <= 2
    assert not least_alpha(before, before + np.uint8(1), np.zeros((4, 4), np.float32)).any()


def test_seeds_fix_everything() -> None:
    for task in Task:
        first, again = (sample(task, 5, 4) for _ in "ab")
        assert (first.instruction, first.facts) == (again.instruction, again.facts)
        for a, b, c in zip(first.frames(), again.frames(), first.frames(), strict=True):
            for name in ("source", "preserved", "edit", "alpha", "composite"):
                assert np.array_equal(getattr(a, name), getattr(b, name))
                assert np.array_equal(getattr(a, name), getattr(c, name))


def test_instructions_are_written_as_in_the_published_dataset() -> None:
    texts = {task: [sample(task, n, 2).instruction for n in range(60)] for task in Task}
    for text in (text for every in texts.values() for text in every):
        assert 20 <= len(text.split()) <= 80, text
        assert text.endswith(".")
    assert all("Keep the" in text or "must stay" in text for text in texts[Task.BACKGROUND])
    assert len({text.split()[0] for text in texts[Task.ADD]}) >= 3


def assert_subject_kept(clip: LayeredClip) -> None:
    cores = 0
    for frame in clip.frames():
        core = frame.alpha == 0
        cores += bool(core.any())
        assert np.abs(frame.source[core].astype(int) - frame.composite[core]).max(initial=0) <= 1
        assert np.array_equal(frame.composite[frame.alpha == 255], frame.edit[frame.alpha == 255])
    assert cores


def test_a_background_change_keeps_the_subject() -> None:
    for seed in range(10):
        assert_subject_kept(sample(Task.BACKGROUND, seed, 3))
    for seed, tier in enumerate((Tier.SINGLE, Tier.MULTI)):
        clip = sample_rendered(Task.BACKGROUND, tier, seed, height=64, width=112, length=3)
        assert_subject_kept(clip)
        assert "Keep the" in clip.instruction or "must stay" in clip.instruction


def test_a_place_follows_the_camera_of_a_scene() -> None:
    """Points at distance 1 and 4 of a place go where the camera would see points as far away in the world."""
    poses = (
        Pose(time=0, eye=(0, -2.5, 1), target=(0, 0, 0.5)),
        Pose(time=1, eye=(0.12, -2.4, 1.05), target=(0.2, 0, 0.6)),
    )
    one = Scene(
        family="f", seed=0, bodies=(Body(name="a", shape=Sphere(radius=1)),), camera=Camera(poses=poses), frames=13
    )
    size, frames = (96, 160), (0, 6, 12)
    drift = Drift.following(one, frames, size, "orbit")
    middle = shot_at(one, 6)
    away = float(np.linalg.norm(np.subtract(poses[0].target, middle.eye)))
    for distance in (1.0, 4.0):
        point = middle.eye + away * distance * middle.axes[2]
        for number, frame in enumerate(frames):
            matrix = drift.matrix(number, (144, 240), size, distance)
            seen_at = np.linalg.solve(matrix[:, :2], np.array([119.5, 71.5]) - matrix[:, 2])
            assert np.abs(seen_at - shot_at(one, frame).project(point, *size)[0]).max() < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_places_follow_the_camera(kind: str) -> None:
    """What a fixed camera sees does not move; what a panning one sees moves as it does."""
    rng = np.random.default_rng(3)
    place = Place.draw(kind, 96, 160, rng)
    still = Drift("fixed", np.zeros((3, 2)), np.ones(3), np.zeros(3))
    first, _, last = place.frames(still, 96, 160)
    assert np.array_equal(first, last)
    near = min(distance for _, distance in place.sheets)
    step = np.array([[0, 0], [near * 8 / 160, 0]])
    a, b = place.frames(Drift("pan", step, np.ones(2), np.zeros(2)), 96, 160)
    assert a.std() > 4
    rows = np.s_[70:] if len(place.sheets) > 1 else np.s_[:]
    shifted = np.abs(a[rows, 8:].astype(int) - b[rows, :-8]).mean()
    assert shifted < np.abs(a[rows].astype(int) - b[rows]).mean() or kind in {"sky", "studio"}


def test_sprites_of_a_folder_are_named_by_what_they_show(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no PNG or WebP"):
        read_sprites(tmp_path)
    rgba = np.zeros((40, 30, 4), np.uint8)
    rgba[10:30, 5:25] = (0, 0, 255, 255)
    cv2.imwrite(str(tmp_path / "1f436.webp"), rgba, [cv2.IMWRITE_WEBP_QUALITY, 101])
    cv2.imwrite(str(tmp_path / "red_box.png"), rgba)
    cv2.imwrite(str(tmp_path / "flat.png"), rgba[..., :3])
    dog, flat, box = (path for path in read_sprites(tmp_path))
    assert (read_sprite(dog).noun, read_sprite(box).noun) == ("dog face", "red box")
    assert tuple(read_sprite(box).rgba[128, 100]) == pytest.approx((1, 0, 0, 1), abs=1e-3)
    with pytest.raises(InputError, match="no picture with alpha"):
        read_sprite(flat)
    clip = sample(Task.ADD, 0, 2, [box])
    assert clip.subject == "red box"
    assert "red box" in clip.instruction
