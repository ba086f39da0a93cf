"""Additions and new backgrounds from end to end, drawn by a tiny Vera with random weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import verify
from cleanplate.engines.vera import engine as vera
from cleanplate.engines.vera.production import Production
from cleanplate.engines.vera.schedule import Window
from cleanplate.errors import CleanplateError, InputError, RefusalError, UsageError
from cleanplate.media.clip import Clip
from cleanplate.pipeline.add import add, replace_background
from cleanplate.pipeline.edits import Add, ReplaceBackground
from cleanplate.pipeline.make import Order
from cleanplate.pipeline.preflight import Preflight
from cleanplate.pipeline.rebuild import rebuild
from cleanplate.pipeline.rematte import MatteChange
from cleanplate.pipeline.workshop import Abandoned
from cleanplate.progress import Tick
from drawn_clips import picture, write_binary, write_video
from drawn_vera import QUICK, DrawnParts, pixel_system, write_weights
from joins import join_ratios, whole_mattes

SIZE = (47, 61)
FRAMES = 12
BALL = Add(instruction="a red ball", box=(8, 6, 41, 40))
FILES = {
    "composite.mkv",
    "generated.mp4",
    "layer",
    "preview.mp4",
    "report.html",
    "run.json",
    "shot.json",
    "timeline.otio",
}


@pytest.fixture(autouse=True, scope="module")
def _texts() -> Iterator[None]:
    """No encoder is loaded for a text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vera.VeraEngine.__init__, "__defaults__", (None, None, DrawnParts))
        yield


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_weights(tmp_path_factory.mktemp("weights") / "tiny"))


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plate(tmp_path_factory.mktemp("plate") / "plate.mkv")


def write_plate(path: Path, frames: int = FRAMES, pixels: str = "yuv420p", **more: Any) -> Path:
    """A lossless plate of odd sides."""
    return write_video(path, (picture(n, SIZE) for n in range(frames)), "ffv1", pixels, {}, **more)


def ordered(weights: str, settings: dict[str, Any] | None = None, **fields: Any) -> Order:
    return Order("vera-1.3b", weights, QUICK | (settings or {}), **fields)


def assert_whole(package: ShotPackage, more: frozenset[str] = frozenset()) -> None:
    """All files are there, and the proof holds when it is made again."""
    assert {path.name for path in package.folder.iterdir()} >= FILES | more
    proof = verify(package)
    assert proof.passed, proof.faults
    assert proof.alpha_zero.differing == proof.outside_region.differing == 0
    assert proof.touched > 0


def digests(package: ShotPackage) -> dict[str, str]:
    names = ("composite.mkv", "layer/layer.mkv", "layer/matte.mkv", "layer/layer.json", "generated.mp4")
    return {name: hashlib.sha256((package.folder / name).read_bytes()).hexdigest() for name in names}


@pytest.mark.parametrize(
    "pixels", ["yuv420p", *(pytest.param(p, marks=pytest.mark.slow) for p in ("yuv422p10le", "gbrp10le", "gray"))]
)
def test_an_addition_ends_in_a_proven_package(weights: str, tmp_path: Path, pixels: str) -> None:
    plate = write_plate(tmp_path / "plate.mkv", pixels=pixels)
    package = add(plate, BALL, tmp_path / "shot", ordered(weights))
    assert_whole(package)
    shot = package.shot
    assert shot.proof is not None
    assert shot.proof.outside_region.compared > 0
    assert not shot.proof.whole_frame
    assert shot.region.kind == "box"
    assert shot.engine.weights_sha256 is not None
    assert shot.measurements["windows"] == 2
    for _, alpha in whole_mattes(package):
        outside = alpha.copy()
        outside[6:40, 8:41] = 0
        assert not outside.any()


@pytest.mark.parametrize("frames", [1, 6, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3, 4, 5))])
def test_a_clip_shorter_than_the_stride_is_padded_and_cut_back(weights: str, tmp_path: Path, frames: int) -> None:
    package = add(write_plate(tmp_path / "plate.mkv", frames), BALL, tmp_path / "shot", ordered(weights))
    assert_whole(package)
    assert package.layer().frames == list(range(frames))


class Interrupting:
    """Progress that is interrupted at the so manieth tick of drawing."""

    def __init__(self, at: int) -> None:
        self.left = at

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Tick]:
        def tick(advance: int = 1) -> None:
            self.left -= name == "Drawing"
            if not self.left:
                raise KeyboardInterrupt

        yield tick


def test_another_seed_gives_other_bytes(weights: str, plate: Path, tmp_path: Path) -> None:
    one, other = (digests(add(plate, BALL, tmp_path / f"shot{n}", ordered(weights, seed=n))) for n in (3, 4))
    assert all(one[name] != other[name] for name in one if name != "layer/layer.json")


def test_a_run_that_goes_on_ends_with_the_same_bytes(
    weights: str, plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleanplate.edit.layer.SEGMENT_SECONDS", 0.2)  # five frames
    whole = digests(add(plate, BALL, tmp_path / "whole", ordered(weights)))
    for at in (1, 4, 7, 11):
        with pytest.raises(KeyboardInterrupt):
            add(plate, BALL, tmp_path / "shot", ordered(weights, progress=Interrupting(at)))
    made = add(plate, BALL, tmp_path / "shot", ordered(weights))
    assert digests(made) == whole


def test_a_window_that_is_there_is_not_drawn_again(
    weights: str, plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):  # after the first window and its own frames, in the first step of the second
        add(plate, BALL, tmp_path / "shot", ordered(weights, progress=Interrupting(2 + 4 + 1)))
    steps: list[int] = []
    draw = Production._drawing

    def counted(production: Any, footage: Any, tick: Tick) -> Any:
        drawing = draw(production, footage, tick)

        def noted(window: Window, head: Any) -> Any:
            steps.append(window.number)
            return drawing(window, head)

        return noted

    monkeypatch.setattr(Production, "_drawing", counted)
    add(plate, BALL, tmp_path / "shot", ordered(weights))
    assert steps == [1]


def test_finished_stages_serve_again(weights: str, plate: Path, tmp_path: Path) -> None:
    first = add(plate, BALL, tmp_path / "first", ordered(weights))
    again = add(plate, BALL, tmp_path / "again", ordered(weights, reuse=first.folder, exports=("png",)))
    assert digests(again) == digests(first)
    assert again.run is not None
    assert {stage.name for stage in again.run.stages if stage.cached} >= {"layer", "composite", "preview"}
    other = add(plate, BALL, tmp_path / "other", ordered(weights, {"steps": 3}, reuse=first.folder))
    assert other.run is not None
    assert "layer" not in {stage.name for stage in other.run.stages if stage.cached}


def test_a_keep_mask_is_kept_inside_the_region(weights: str, plate: Path, tmp_path: Path) -> None:
    kept = write_binary(tmp_path / "kept.mkv", range(FRAMES), SIZE)
    edit = BALL.model_copy(update={"keep_mask": kept, "last_frame": 8})
    package = add(plate, edit, tmp_path / "shot", ordered(weights))
    assert_whole(package, frozenset({"region.mkv", "region.mkv.index.json"}))
    assert package.shot.region.kind == "mask"
    assert max(package.layer().frames) <= 8
    with Clip.open(kept) as mask:
        for number, alpha in whole_mattes(package):
            assert not alpha[mask.frame(number).planes[0] > 127].any()


def test_a_region_mask_that_comes_and_goes(weights: str, tmp_path: Path) -> None:
    plate = write_plate(tmp_path / "plate.mkv", 40)
    masks = (np.full(SIZE, 255 if n < 3 or n > 35 else 0, np.uint8) for n in range(40))
    region = write_video(tmp_path / "region.mkv", masks, "ffv1", "gray", {})
    package = add(plate, Add(instruction="rain", region=region), tmp_path / "shot", ordered(weights))
    assert_whole(package)
    assert package.layer().frames == [0, 1, 2, 36, 37, 38, 39]
    assert package.shot.measurements["frames_drawn"] == 7


def test_a_plate_of_twice_the_rate_is_drawn_at_every_second_frame(plate: Path, tmp_path: Path) -> None:
    slow = write_weights(tmp_path / "slow", pixel_system(rate=12.0))
    package = add(plate, BALL, tmp_path / "shot", ordered(str(slow)))
    assert_whole(package)
    assert package.layer().frames == list(range(FRAMES))
    assert package.shot.measurements["every"] == 2
    assert package.shot.measurements["frames_drawn"] == 7
    assert any("second frame" in note for note in package.shot.notes)


def test_a_varying_rate_and_a_single_drawn_frame(weights: str, tmp_path: Path) -> None:
    plate = write_plate(tmp_path / "plate.mkv", 6, times=[0, 40, 200, 210, 400, 440])
    package = add(plate, BALL, tmp_path / "shot", ordered(weights, {"window": 1}))
    assert_whole(package)
    assert package.shot.measurements["windows"] == 6


def test_a_smaller_working_size_comes_back_to_the_plates_own(weights: str, plate: Path, tmp_path: Path) -> None:
    package = add(plate, BALL, tmp_path / "shot", ordered(weights, {"pixels": 32 * 32}))
    assert_whole(package)
    assert any("Drawn at 32 x 25" in note for note in package.shot.notes), package.shot.notes
    assert package.layer().index.width == SIZE[1]


@pytest.mark.parametrize("rate", [12.5, pytest.param(25.0, marks=pytest.mark.slow)])
def test_nothing_shows_where_windows_are_joined(tmp_path: Path, rate: float) -> None:
    folder = write_weights(tmp_path / "weights", pixel_system(rate=rate))
    package = add(write_plate(tmp_path / "plate.mkv", 49), BALL, tmp_path / "shot", ordered(str(folder)))
    step, length, shared = round(25 / rate), 9, 5
    starts = range(length - shared, 49, length - shared)
    joins = {step * (start + at) for start in starts for at in (-1, 0, shared - 1)}
    ratios = join_ratios(package, joins)
    assert len(ratios) >= 8
    assert max(ratios) <= 1.2


@pytest.fixture(scope="module")
def harbour(weights: str, plate: Path, tmp_path_factory: pytest.TempPathFactory) -> ShotPackage:
    """A change of background, drawn smaller than the plate."""
    folder = tmp_path_factory.mktemp("harbour")
    kept = write_binary(folder / "kept.mkv", range(FRAMES), SIZE)
    edit = ReplaceBackground(instruction="a harbour", keep_mask=kept)
    return replace_background(plate, edit, folder / "shot", ordered(weights, {"pixels": 32 * 48}))


def test_another_background_keeps_the_subject(harbour: ShotPackage) -> None:
    assert_whole(harbour, frozenset({"region.mkv"}))
    assert harbour.shot.engine.parameters["edges"] is True
    assert harbour.shot.edit["kind"] == "replace_background"


@pytest.mark.slow
def test_its_matte_is_refined_without_drawing_again(harbour: ShotPackage, tmp_path: Path) -> None:
    refined = rebuild(harbour.folder, tmp_path / "refined", change=MatteChange(refine=True))
    assert_whole(refined, frozenset({"region.mkv"}))
    assert digests(refined)["layer/matte.mkv"] != digests(harbour)["layer/matte.mkv"]
    again = rebuild(harbour.folder, tmp_path / "again")
    assert digests(again)["composite.mkv"] == digests(harbour)["composite.mkv"]


def test_without_a_mask_all_may_change_and_the_proof_says_so(weights: str, plate: Path, tmp_path: Path) -> None:
    package = replace_background(plate, ReplaceBackground(instruction="fog"), tmp_path / "shot", ordered(weights))
    assert package.shot.proof is not None
    assert package.shot.proof.whole_frame
    assert package.shot.region.kind == "frame"


def test_an_additions_report_speaks_of_no_removal(weights: str, plate: Path, tmp_path: Path) -> None:
    package = add(plate, BALL, tmp_path / "shot", ordered(weights))
    page = (package.folder / "report.html").read_text(encoding="utf-8").lower()
    body = page[page.index("<body") : page.index("<script")]
    assert "a red ball" in body
    assert "permitted" in body
    assert "remov" not in body


def test_words_that_are_not_read_are_named(weights: str, plate: Path, tmp_path: Path) -> None:
    told: list[Preflight] = []

    def stop(plan: Preflight) -> None:
        told.append(plan)
        raise Abandoned

    long = BALL.model_copy(update={"instruction": "a red ball that bounces over the high fence"})
    with pytest.raises(Abandoned):
        add(plate, long, tmp_path / "shot", ordered(weights, watch=stop))
    assert any("the high fence" in note for note in told[0].plan.notes)
    assert told[0].seconds > 0
    assert told[0].memory_bytes > 0
    assert told[0].disk_bytes > 0
    assert told[0].frames == FRAMES


def black(tmp_path: Path) -> Path:
    return write_video(tmp_path / "black.mkv", (np.zeros(SIZE, np.uint8) for _ in range(FRAMES)), "ffv1", "gray", {})


def white(tmp_path: Path) -> Path:
    return write_video(
        tmp_path / "white.mkv", (np.full(SIZE, 255, np.uint8) for _ in range(FRAMES)), "ffv1", "gray", {}
    )


Refused = tuple[type[CleanplateError], str, Callable[[Path, str], tuple[Add, Order]]]
REFUSED: dict[str, Refused] = {
    "no words": (UsageError, "empty", lambda t, w: (BALL.model_copy(update={"instruction": "  "}), ordered(w))),
    "no weights": (RefusalError, "--weights FOLDER", lambda t, w: (BALL, Order("vera-1.3b"))),
    "a black region": (
        InputError,
        "marks nothing",
        lambda t, w: (Add(instruction="x", region=black(t)), ordered(w)),
    ),
    "all is kept": (
        InputError,
        "nothing to edit",
        lambda t, w: (BALL.model_copy(update={"keep_mask": white(t)}), ordered(w)),
    ),
    "a box outside": (
        InputError,
        "holds no pixel",
        lambda t, w: (BALL.model_copy(update={"box": (90.0, 90.0, 99.0, 99.0)}), ordered(w)),
    ),
    "box and mask": (
        UsageError,
        "not both",
        lambda t, w: (BALL.model_copy(update={"region": white(t)}), ordered(w)),
    ),
    "frames that are not there": (
        InputError,
        "has frames 0 to 11",
        lambda t, w: (BALL.model_copy(update={"first_frame": 12}), ordered(w)),
    ),
    "no folder": (UsageError, "no model and no folder", lambda t, w: (BALL, ordered("nowhere"))),
    "an empty folder": (InputError, "config", lambda t, w: (BALL, ordered(str(t)))),
    "an engine without words": (UsageError, "takes no", lambda t, w: (BALL, Order("propagate", settings=QUICK))),
    "an engine that removes": (RefusalError, "removes", lambda t, w: (BALL, Order("propagate"))),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_and_leaves_nothing(weights: str, plate: Path, tmp_path: Path, what: str) -> None:
    kind, said, make = REFUSED[what]
    edit, order = make(tmp_path, weights)
    before = set(tmp_path.iterdir())
    with pytest.raises(kind, match=said):
        add(plate, edit, tmp_path / "shot", order)
    assert set(tmp_path.iterdir()) == before


def test_half_a_download_is_refused(plate: Path, tmp_path: Path) -> None:
    folder = write_weights(tmp_path / "weights")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="no whole file"):
        add(plate, BALL, tmp_path / "shot", ordered(str(folder)))


def test_too_little_memory_is_said_with_what_would_fit(
    weights: str, plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed: list[int] = []
    eighths = {"running.fp8": "yes"}
    for settings in ({}, eighths):
        with pytest.raises(Abandoned):
            add(plate, BALL, tmp_path / "shot", ordered(weights, settings, watch=partial(_note, needed)))
    assert needed[1] < needed[0]
    _has(monkeypatch, needed[0] - 1)
    with pytest.raises(RefusalError, match=r"--set running.fp8=yes would fit"):
        add(plate, BALL, tmp_path / "shot", ordered(weights))
    _has(monkeypatch, needed[1] - 1)
    with pytest.raises(RefusalError, match=r"--window 5 would fit"):
        add(plate, BALL, tmp_path / "shot", ordered(weights))
    _has(monkeypatch, 1000)
    with pytest.raises(RefusalError, match="smaller model"):
        add(plate, BALL, tmp_path / "shot", ordered(weights))


def test_an_encoder_too_large_for_the_memory_is_said(
    weights: str, plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DrawnParts, "reading", lambda self, texts: 10**15)
    with pytest.raises(RefusalError, match=r"1000000\.4 GB of memory to read the words"):
        add(plate, BALL, tmp_path / "shot", ordered(weights))


def test_it_is_drawn_as_it_was_set(weights: str, plate: Path, tmp_path: Path) -> None:
    packages = {
        name: add(plate, BALL, tmp_path / name, ordered(weights, settings))
        for name, settings in {
            "plain": {},
            "batched": {"sampling.batched": "yes"},
            "in 8 bits": {"running.fp8": "yes", "sampling.economy.near": "1"},
        }.items()
    }
    for package in packages.values():
        assert_whole(package)
    drawn = {name: digests(package)["composite.mkv"] for name, package in packages.items()}
    assert drawn["in 8 bits"] != drawn["plain"]
    kept: dict[str, Any] = dict(packages["in 8 bits"].shot.engine.parameters)
    assert kept["running"]["fp8"] is True
    assert kept["running"]["dtype"] == "float32"
    assert kept["sampling"]["economy"]["near"] == 1


UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "offload": ({"running.offload": "yes"}, "there is none here"),
    "a name": ({"running.fp9": "yes"}, "running.fp9"),
    "a kernel": ({"running.attention": "slow"}, "running.attention"),
    "a tile": ({"running.tile": "100"}, "running.tile"),
    "a part": ({"sampling.guided": "2"}, "sampling.guided"),
    "a branch of a leaf": ({"steps": 2, "sampling.steps.more": 2}, "sampling.steps"),
    "a part of what is off": ({"economy": False, "sampling.economy.near": "2"}, "switched off"),
    "a word for a switch": ({"economy": "no"}, "sampling.economy"),
    "an economy": ({"sampling.economy.near": "-1"}, "near the region"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_settings_that_make_no_sense_are_named(weights: str, plate: Path, tmp_path: Path, what: str) -> None:
    settings, said = UNFIT[what]
    with pytest.raises(UsageError, match=said):
        add(plate, BALL, tmp_path / "shot", ordered(weights, settings))
    assert not (tmp_path / "shot").exists()


def _has(monkeypatch: pytest.MonkeyPatch, plannable: int) -> None:
    """So many bytes that may be planned with."""
    monkeypatch.setattr(vera, "spare", lambda available: plannable)


def _note(needed: list[int], plan: Preflight) -> None:
    needed.append(plan.plan.memory_bytes)
    raise Abandoned
