"""The engine `void-5b` from end to end, with tiny drawn weights in the published layout."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.torch import save_file

from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import verify
from cleanplate.engines.void.engine import VoidEngine
from cleanplate.errors import InputError, RefusalError, UsageError
from cleanplate.masks.codec import read_mask_file
from cleanplate.masks.reasoning import Grid, Reasoning
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture
from cleanplate.pipeline.add import add
from cleanplate.pipeline.edits import Add, Remove
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.make import Order
from cleanplate.pipeline.protocols import Plan, Scene
from cleanplate.pipeline.remove import remove
from drawn_raft import write_raft
from drawn_removal import write_clip
from drawn_void import BASE, CONFIG, weights, write_void
from interrupted import Interrupting

FILES = {
    "composite.mkv",
    "generated.mp4",
    "layer",
    "preview.mp4",
    "quadmask.mkv",
    "reasoning.json",
    "report.html",
    "run.json",
    "shot.json",
    "timeline.otio",
}
RESULTS = ("composite.mkv", "layer/layer.mkv", "layer/matte.mkv", "layer/layer.json", "generated.mp4")
QUICK: dict[str, Any] = {"steps": 2, "window": 13, "background": False}
"""Settings that take little time."""
PROMPT = "snow"


@pytest.fixture(scope="module")
def void(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Weights, and a cache of texts that goes with them."""
    folder = tmp_path_factory.mktemp("void")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEANPLATE_MODELS", str(folder / "models"))
        yield write_void(folder / "weights")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with plate and quadmask, of two windows of 13 frames and a tail to fill up."""
    return write_clip(tmp_path_factory.mktemp("clip"), 19)


def made(clip: Path, void: Path | str, out: Path, settings: dict[str, Any] | None = None, **more: Any) -> ShotPackage:
    edit = Remove(mask=clip / "quadmask.mkv", prompt=more.pop("prompt", PROMPT), motion=more.pop("motion", None))
    chosen = QUICK | (settings or {})
    return remove(clip / "plate.mkv", edit, out, engine="void-5b", weights=str(void), settings=chosen, **more)


def digests(package: ShotPackage) -> dict[str, str]:
    return {name: hashlib.sha256((package.folder / name).read_bytes()).hexdigest() for name in RESULTS}


def assert_whole(package: ShotPackage) -> dict[str, Any]:
    """All files are there, and the proof holds when it is made again; the spans' measurements."""
    assert {path.name for path in package.folder.iterdir()} >= FILES
    proof = verify(package)
    assert proof.passed, proof.faults
    assert proof.alpha_zero.differing == proof.outside_region.differing == 0
    assert proof.touched > 0
    return dict(package.shot.measurements)


@pytest.fixture(scope="module")
def both(void: Path, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> ShotPackage:
    """A removal in two passes that nobody disturbed."""
    return made(clip, void, tmp_path_factory.mktemp("both") / "shot", {"pass2": "always"})


def test_two_passes_end_in_a_proven_package(both: ShotPackage) -> None:
    (span,) = assert_whole(both)["spans"]
    assert span["pass2"]
    assert span["why"] == "asked for: always"
    assert (span["frames"], span["drawn"], span["filled_up_to"], span["windows"]) == ([0, 18], 19, 21, 2)
    assert both.shot.engine.parameters["prompt"] == PROMPT
    assert both.shot.engine.weights_sha256 is not None


@pytest.mark.slow
def test_the_same_seed_draws_the_same(void: Path, clip: Path, both: ShotPackage, tmp_path: Path) -> None:
    assert digests(made(clip, void, tmp_path / "shot", {"pass2": "always"})) == digests(both)


@pytest.mark.slow
def test_another_seed_draws_something_else(void: Path, clip: Path, both: ShotPackage, tmp_path: Path) -> None:
    other = made(clip, void, tmp_path / "shot", {"pass2": "always"}, seed=1)
    assert digests(other)["layer/layer.mkv"] != digests(both)["layer/layer.mkv"]


@pytest.mark.parametrize("share", [0.6, *(pytest.param(at, marks=pytest.mark.slow) for at in (0.02, 0.3, 0.9, 0.99))])
def test_an_interrupted_run_goes_on_to_the_same_bytes(
    void: Path, clip: Path, both: ShotPackage, tmp_path: Path, share: float
) -> None:
    out = tmp_path / "shot"
    with pytest.raises(KeyboardInterrupt):
        made(clip, void, out, {"pass2": "always"}, progress=Interrupting("Drawing", share=share))
    assert digests(made(clip, void, out, {"pass2": "always"})) == digests(both)


@pytest.mark.slow
@pytest.mark.parametrize(("threshold", "refined"), [(1e-6, True), (1e6, False)])
def test_the_morph_check_decides(void: Path, clip: Path, tmp_path: Path, threshold: float, refined: bool) -> None:
    found = assert_whole(made(clip, void, tmp_path / "shot", {"threshold": threshold}))
    assert found["spans"][0]["pass2"] is found["morph"]["pass2"] is refined
    assert any(thing["morphs"] for thing in found["morph"]["things"]) is refined


@pytest.fixture
def alone(void: Path, tmp_path: Path) -> Path:
    """A first pass without a second."""
    folder = shutil.copytree(void, tmp_path / "alone")
    (folder / "void_pass2.safetensors").unlink()
    return folder


@pytest.mark.parametrize("pass2", ["auto", "never"])
def test_a_first_pass_alone_serves(alone: Path, clip: Path, pass2: str) -> None:
    plan = planned(alone, clip, Remove(mask=clip / "quadmask.mkv"), scene_after="", pass2=pass2)
    assert plan.parameters["pass2"] == "never"
    assert ("no weights of a second pass" in " ".join(plan.notes)) is (pass2 == "auto")


@pytest.mark.slow
def test_what_a_first_pass_alone_draws(alone: Path, clip: Path, tmp_path: Path) -> None:
    found = assert_whole(made(clip, alone, tmp_path / "shot", {"threshold": 1e-6}))
    assert not found["morph"]["pass2"]


class Brightness:
    """A method that notes what it is shown, and finds nothing in motion; told from others as a network is."""

    digest = "d"

    def __init__(self) -> None:
        self.shown: list[tuple[tuple[int, ...], float]] = []

    def __call__(self, a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.shown.append((a.shape, float(a.mean())))
        return np.zeros((*a.shape[:2], 2), np.float32)


def test_a_motion_that_is_given_takes_the_first_passs_place(
    void: Path, clip: Path, both: ShotPackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The noise moves as the given shot's composite does; no first pass is drawn, and none is measured."""
    flow = Brightness()
    monkeypatch.setattr("cleanplate.engines.void.engine.registry.flow", lambda name, weights: flow)
    shot = made(clip, void, tmp_path / "shot", motion=both.folder)
    found = assert_whole(shot)
    assert found["spans"][0]["pass2"]
    assert "motion that was given" in found["spans"][0]["why"]
    assert found["morph"]["things"] == []
    assert any("no first pass" in note for note in shot.shot.notes)
    with Clip.open(both.composite) as composite:
        assert shot.shot.engine.parameters["motion"] == composite.source_hash
        greens = [float(picture(frame, composite.info).mean()) for frame in composite.frames(0, 18)]
    assert shot.shot.engine.parameters["flow_digest"] == "d"
    assert {shape for shape, _ in flow.shown} == {(48, 80, 3)}
    assert [mean for _, mean in flow.shown[:18]] == pytest.approx(greens, abs=1)
    assert digests(shot)["layer/layer.mkv"] != digests(both)["layer/layer.mkv"]
    assert shot.shot.engine.weights_sha256 != both.shot.engine.weights_sha256
    with pytest.raises(UsageError, match="is what follows a motion"):
        made(clip, void, tmp_path / "other", {"pass2": "never"}, motion=both.folder)


@pytest.mark.slow
def test_raft_follows_the_first_pass(void: Path, clip: Path, both: ShotPackage, tmp_path: Path) -> None:
    raft = write_raft(tmp_path / "raft")
    settings = {"pass2": "always", "flow": "raft", "flow_weights": str(raft)}
    shot = made(clip, void, tmp_path / "shot", settings)
    assert_whole(shot)
    assert digests(shot)["layer/layer.mkv"] != digests(both)["layer/layer.mkv"]
    assert str(tmp_path) not in json.dumps(shot.shot.engine.model_dump(mode="json"))


class TestTheDoor:
    """What cannot be served is said before anything is drawn."""

    def test_a_second_pass_without_weights(self, alone: Path, clip: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no weights of pass 2"):
            made(clip, alone, tmp_path / "shot", {"pass2": "always"})
        assert list(tmp_path.iterdir()) == [alone]

    def test_none_on_this_machine(self, clip: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="models pull void-5b"):
            made(clip, "void-5b", tmp_path / "shot")

    def test_a_folder_of_something_else(self, clip: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no safetensors"):
            made(clip, clip, tmp_path / "shot")

    def test_the_base_that_it_was_trained_from(self, void: Path, clip: Path, tmp_path: Path) -> None:
        save_file(weights(config=BASE), tmp_path / "base.safetensors")
        with pytest.raises(InputError, match="9 channels; VOID reads noise, mask and plate, 12"):
            made(clip, tmp_path / "base.safetensors", tmp_path / "shot")

    def test_half_a_download(self, void: Path, clip: Path, tmp_path: Path) -> None:
        cut = shutil.copytree(void, tmp_path / "cut") / "void_pass2.safetensors"
        cut.write_bytes(cut.read_bytes()[:-100])
        with pytest.raises(InputError, match="no whole file of safetensors"):
            made(clip, cut.parent, tmp_path / "shot")

    def test_passes_of_two_models(self, void: Path, clip: Path, tmp_path: Path) -> None:
        mixed = shutil.copytree(void, tmp_path / "mixed")
        save_file(weights(config=CONFIG.model_copy(update={"layers": 1})), mixed / "void_pass2.safetensors")
        with pytest.raises(InputError, match="of different sizes"):
            made(clip, mixed, tmp_path / "shot")

    @pytest.mark.parametrize("part", ["vae", "text_encoder"])
    def test_without_codec_or_text_encoder(self, void: Path, clip: Path, tmp_path: Path, part: str) -> None:
        without = shutil.copytree(void, tmp_path / "without")
        shutil.rmtree(without / part)
        with pytest.raises(InputError, match="is not on this machine"):
            made(clip, without, tmp_path / "shot")
        assert list(tmp_path.iterdir()) == [without]

    def test_a_flow_without_weights(self, void: Path, clip: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="models convert"):
            made(clip, void, tmp_path / "shot", {"flow": "raft"})
        with pytest.raises(InputError, match="not the weights of RAFT"):
            made(clip, void, tmp_path / "shot", {"flow": "raft", "flow_weights": str(void / "void_pass1.safetensors")})

    def test_an_empty_description(self, void: Path, clip: Path, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="description is empty"):
            made(clip, void, tmp_path / "shot", prompt="  ")

    def test_a_quadmask_of_another_length(self, void: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="18 frames"):
            made(write_clip(tmp_path / "clip", 19, masks=18), void, tmp_path / "shot")

    def test_a_quadmask_that_keeps_all(self, void: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="keeps every pixel"):
            made(write_clip(tmp_path / "clip", 13, still=range(13)), void, tmp_path / "shot")

    def test_an_edit_that_is_no_removal(self, void: Path, clip: Path, tmp_path: Path) -> None:
        with pytest.raises(RefusalError, match="it removes"):
            add(clip / "plate.mkv", Add(instruction="a ball"), tmp_path / "shot", Order("void-5b", str(void)))

    @pytest.mark.parametrize(
        ("setting", "told"),
        [
            ({"window": 14}, "8 k \\+ 5"),
            ({"steps": 0}, "first.steps"),
            ({"pass2": "perhaps"}, "pass2"),
            ({"threshold": -1}, "threshold"),
            ({"first.step": 3}, "first.step"),
            ({"window.size": 3}, "window.size|'window' is a value"),
            ({"flow": "psychic"}, "no optical flow"),
            ({"flow_weights": "a"}, "'dis' takes no weights"),
            ({"running.offload": True}, "accelerator"),
        ],
    )
    def test_a_setting_that_makes_no_sense(
        self, void: Path, clip: Path, tmp_path: Path, setting: dict[str, Any], told: str
    ) -> None:
        with pytest.raises(UsageError, match=told):
            made(clip, void, tmp_path / "shot", setting)


class TestTheWords:
    """The prompt is the user's, or the reasoning's, or a neutral sentence that is told of."""

    def test_nobody_says_anything(self, void: Path, clip: Path) -> None:
        plan = planned(void, clip, Remove(mask=clip / "quadmask.mkv"), scene_after="")
        assert plan.parameters["prompt"] == "The same scene with nothing there."
        assert any("--prompt" in note for note in plan.notes)

    def test_the_reasoning_does(self, void: Path, clip: Path) -> None:
        plan = planned(void, clip, Remove(mask=clip / "quadmask.mkv"), scene_after="A dog.")
        assert plan.parameters["prompt"] == "A dog."

    def test_too_many_words_are_told_of(self, void: Path, clip: Path) -> None:
        plan = planned(void, clip, Remove(mask=clip / "quadmask.mkv", prompt="ball " * 300), scene_after="A dog.")
        assert any("left out" in note for note in plan.notes)


def test_what_is_cleared_is_told(void: Path, tmp_path: Path) -> None:
    folder = write_clip(tmp_path / "clip", 13, onset=0)
    plan = planned(void, folder, Remove(mask=folder / "quadmask.mkv"), scene_after="")
    assert any("samples that are affected" in note for note in plan.notes)


def planned(void: Path, folder: Path, edit: Remove, scene_after: str, **settings: Any) -> Plan:
    with Clip.open(folder / "plate.mkv") as clip:
        info = clip.info
        quadmask, _ = read_mask_file(folder / "quadmask.mkv", info, folder / "given.mkv")
        grid = Grid.of(info.height, info.width)
        size = {"frames": len(clip), "height": info.height, "width": info.width}
        reasoning = Reasoning(**size, grid=grid, removed=("box",), scene_after=scene_after)
        engine = VoidEngine("void-5b", str(void), QUICK | settings)
        plan = engine.plan(edit, Scene(clip, quadmask, reasoning), Machine.here(folder), seed=0)
    assert isinstance(plan, Plan)
    return plan
