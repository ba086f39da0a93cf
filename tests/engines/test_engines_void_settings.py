"""Settings, estimates and decisions of the engine `void-5b`: what needs no network."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cleanplate.engines.void import cost
from cleanplate.engines.void.fitting import Lack, fitted
from cleanplate.engines.void.meter import Meter
from cleanplate.engines.void.morph.drift import Drift
from cleanplate.engines.void.morph.score import MorphScore
from cleanplate.engines.void.noise import warped_seed
from cleanplate.engines.void.outline import Outline
from cleanplate.engines.void.pictures import Pictures
from cleanplate.engines.void.settings import Settings, settings_of
from cleanplate.engines.void.stages import LAY, TELL, decoding, sampling
from cleanplate.engines.void.verdict import judged, measured
from cleanplate.engines.void.warping import warped_noise
from cleanplate.errors import InputError, UsageError
from cleanplate.masks.quadmask import FrameSummary
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.void.config import PUBLISHED
from cleanplate.motion.flow import FlowField, Gray
from cleanplate.motion.noise.stream import warped_latents
from cleanplate.pipeline.machine import Machine
from plain_clips import info_of

SIZE = (1080, 1920)
INFO = info_of(46, SIZE, 12)


class Labelled:
    """A quadmask of which only the summaries are asked."""

    def __init__(self, frames: int) -> None:
        count = SIZE[0] * SIZE[1]
        here = FrameSummary((1000, 0, 0, count - 1000), (100, 100, 400, 500))
        self.summaries = (here,) * frames


def outline(frames: int = 46, **settings: object) -> Outline:
    made = settings_of({name.replace("__", "."): value for name, value in settings.items()}).of("cuda")
    return Outline.of(PUBLISHED, Labelled(frames), info_of(frames, SIZE, 12), made)  # type: ignore[arg-type]


def machine(gigabytes: float) -> Machine:
    return Machine("", "", 8, round(gigabytes * 1e9), 10**12)


def test_the_defaults_are_the_published_values() -> None:
    plain = settings_of({})
    assert plain == Settings()
    assert (plain.first.steps, plain.first.guidance, plain.second.steps, plain.second.guidance) == (30, 1, 50, 6)
    assert (plain.window, plain.size, plain.overlap, plain.pixels, plain.rate) == (85, 22, 4, 384 * 672, 12)
    assert (plain.noise, plain.negative, plain.economy, plain.crop) == (0.0563, "", None, False)


def test_steps_are_of_both_passes_and_each_has_its_own() -> None:
    made = settings_of({"steps": 7, "second.steps": "9", "second.guidance": "2.5"})
    assert (made.first.steps, made.second.steps, made.second.guidance, made.first.guidance) == (7, 9, 2.5, 1)


def test_the_economy_is_switched_or_told() -> None:
    assert settings_of({"economy": "yes"}).economy == Economy()
    assert settings_of({"economy": False}).economy is None
    assert settings_of({"economy.refresh": "2"}).refresh == 2
    with pytest.raises(UsageError, match="frozen"):
        settings_of({"economy.freeze": 0.5})


def test_parameters_of_a_plan_make_the_same_settings() -> None:
    made = settings_of({"economy.near": 3, "running.fp8": "yes", "crop": "yes", "rate": 8})
    assert Settings.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize("window", [5, 13, 21, 45, 85, 93])
def test_windows_are_of_even_latents_and_share_half_at_most(window: int) -> None:
    made = settings_of({"window": window})
    assert made.size % 2 == made.overlap % 2 == 0
    assert 2 * made.overlap <= made.size


def test_a_clip_of_the_published_size_is_one_window_on_the_published_grid() -> None:
    (take,) = outline().takes
    assert take.shape == (22, 16, 48, 84)
    assert len(take.windows) == 1
    assert (take.span.length, len(take.span.frames)) == (85, 46)


def test_stages_fill_the_bar() -> None:
    work = outline()
    assert {*cost.worth(work, "cuda")} == {TELL, LAY, *(name(n) for name in (sampling, decoding) for n in (1, 2))}
    assert sum(cost.worth(work, "cuda").values()) == pytest.approx(1000, abs=5)
    assert cost.worth(outline(pass2="never"), "cuda")[sampling(2)] == 0


def test_a_given_motion_and_a_network_of_flow_are_counted() -> None:
    asked, guided = outline(pass2="always"), replace(outline(pass2="always"), guided=True)
    assert guided.passes == (2,)
    assert (asked.passes, outline(pass2="never").passes) == ((1, 2), (1,))
    taken = cost.seconds(guided, "cuda", 1)
    assert taken[sampling(1)] == taken[decoding(1)] == 0
    assert taken[sampling(2)] == cost.seconds(asked, "cuda", 1)[sampling(2)]
    assert sum(cost.worth(guided, "cuda").values()) == pytest.approx(1000, abs=5)
    raft = outline(pass2="always", flow="raft")
    assert cost.seconds(raft, "cpu", 1)[sampling(2)] > cost.seconds(asked, "cpu", 1)[sampling(2)] + 60
    assert cost.seconds(outline(pass2="never", flow="raft"), "cpu", 1) == cost.seconds(outline(pass2="never"), "cpu", 1)
    memory = [cost.memory(work, "cuda", work.settings.running) for work in (asked, raft)]
    assert 2e8 < memory[1] - memory[0] < 1e9


def test_time_grows_with_steps_questions_and_windows() -> None:
    def taken(work: Outline) -> float:
        return cost.seconds(work, "cuda", 1)[sampling(1)]

    assert taken(outline(first__steps=60)) == pytest.approx(2 * taken(outline()))
    assert taken(outline(first__guidance=3)) == pytest.approx(2 * taken(outline()))
    assert taken(outline(200)) > 2 * taken(outline())
    assert taken(outline(economy="yes")) < 0.7 * taken(outline())


def test_memory_does_not_grow_with_the_clip() -> None:
    short, long = outline(200), outline(2000)
    assert cost.memory(short, "cuda", short.settings.running) == cost.memory(long, "cuda", long.settings.running)
    assert cost.disk(long, INFO) > 5 * cost.disk(short, INFO)


@pytest.mark.parametrize("limit", [6, 8, 12, 16, 24])
def test_a_way_keeps_to_a_limit(limit: float) -> None:
    made = fitted(outline(max_vram=limit), "cuda", machine(80))
    assert not isinstance(made, Lack)
    assert cost.memory(made, "cuda", made.settings.running) <= limit * 1e9


def test_a_wide_limit_changes_nothing_and_a_narrow_one_is_refused() -> None:
    asked = outline(max_vram=60)
    assert fitted(asked, "cuda", machine(80)) == asked
    refused = fitted(outline(max_vram=1), "cuda", machine(80))
    assert isinstance(refused, Lack)
    assert "--max-vram says 1" in refused.why


def test_what_does_not_fit_names_the_gentlest_way_that_does() -> None:
    refused = fitted(outline(), "cuda", machine(12))
    assert isinstance(refused, Lack)
    assert "running." in refused.remedy
    assert not isinstance(fitted(outline(), "cuda", machine(80)), Lack)


def score(value: float, moved: float = 1.0) -> MorphScore:
    drift = Drift(wave=0.5, pulse=1.5, pulse_close=1.0, turn=2.0, size=0.5, colour=0.1, pixels=60.0)
    return MorphScore("ball", value, (8, 9, 10), (value,) * 3, dict.fromkeys((8, 9, 10), drift), moved, None)


@pytest.mark.parametrize(
    ("scores", "wanted", "refined"),
    [
        ([score(5.0)], "auto", True),
        ([score(3.0)], "auto", False),
        ([score(5.0, moved=0.1)], "auto", False),
        ([], "auto", False),
        ([score(5.0)], "never", False),
        ([], "always", True),
    ],
)
def test_what_the_check_found_decides(scores: list[MorphScore], wanted: str, refined: bool) -> None:
    (take,) = outline().takes
    verdict = judged(scores, take.span.frames, wanted, 4.0)  # type: ignore[arg-type]
    assert verdict.refine is refined
    found = measured([verdict, verdict], 4.0)
    assert found["pass2"] is refined
    assert [thing["thing"] for thing in found["things"]] == [f"ball (span {n})" for n in (1, 2) for _ in scores]


@pytest.mark.parametrize("frames", [9, 4])
def test_the_noise_of_a_tail_goes_back(tmp_path: Path, frames: int) -> None:
    """The flows are those of what the model sees: forward over the span, and back over the tail that fills it up.

    The noise is as if each of them were found anew; in truth each pair is looked at once, and no picture beside itself.
    """
    (take,) = outline(frames, window=13, pixels=32 * 48).takes
    rows, columns = take.framing.size.rows, take.framing.size.columns
    levels = np.arange(20, 20 * (frames + 1), 20, dtype=np.float32) / np.float32(255)
    Pictures.write(tmp_path / "a.npy", (np.full((rows, columns, 3), level, np.float32) for level in levels))
    seen: list[tuple[float, float]] = []

    def apart(a: Gray, b: Gray) -> FlowField:
        return np.full((*a.shape, 2), (float(b.mean()) - float(a.mean())) / 8 + float(a.mean()) / 50, np.float32)

    def told(a: Gray, b: Gray) -> FlowField:
        seen.append((float(a.mean()), float(b.mean())))
        return apart(a, b)

    with Pictures(tmp_path / "a.npy") as first:
        noise = list(warped_noise(first, take, told, seed=0))
    grays = [20.0 * (place + 1) for place in take.span.order]
    assert seen == list(dict.fromkeys(pair for pair in pairwise(grays) if pair[0] != pair[1]))
    assert len(grays) == 13
    shown = [np.full((take.framing.rows, take.framing.columns), gray, np.uint8) for gray in grays]
    flows = (np.zeros((*a.shape, 2), np.float32) if (a == b).all() else apart(a, b) for a, b in pairwise(shown))
    wanted = warped_latents(flows, take.shape[2:], seed=warped_seed(0, take.number), channels=take.shape[1])
    for latent, expected in zip(noise, wanted, strict=True):
        np.testing.assert_array_equal(latent.numpy(), expected)


def test_drawn_pictures_come_back_as_they_were(tmp_path: Path) -> None:
    """To half a code of 16 bits, in any order; a file cut short is refused, and none is left of a failed run."""
    rng, path = np.random.default_rng(0), tmp_path / "a.npy"
    drawn = [rng.random((12, 20, 3), np.float32) for _ in range(11)]
    Pictures.write(path, iter(drawn))
    with Pictures(path) as kept:
        assert len(kept) == 11
        for place in (0, 10, 3, 3):
            assert np.abs(kept.at(place) - drawn[place]).max() <= 0.5001 / 65535
        np.testing.assert_array_equal(np.stack(list(kept)), np.stack([kept.at(place) for place in range(11)]))
    cut = tmp_path / "cut.npy"
    cut.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="damaged"), Pictures(cut):
        pass
    for wrong in ([], [drawn[0], drawn[1][1:]]):
        with pytest.raises(ValueError, match="picture"):
            Pictures.write(tmp_path / "none.npy", iter(wrong))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.npy", "cut.npy"]


def test_a_bar_counts_no_share_twice() -> None:
    told: list[int] = []
    meter = Meter(lambda advance=1: told.append(advance), {"a": 10, "b": 0})
    for share in (0.2, 0.25, 0.1, 1.0, 1.0):
        meter.reached("a", share)
    meter.reached("b", 1.0)
    assert sum(told) == 10


def test_pictures_come_back_to_16_bits(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    drawn = [rng.random((17, 23, 3), np.float32) for _ in range(4)]
    Pictures.write(tmp_path / "a.mkv", iter(drawn))
    with Pictures(tmp_path / "a.mkv") as kept:
        assert len(kept) == 4
        for place in (2, 0, 1, 3, 3):
            np.testing.assert_allclose(kept.at(place), drawn[place], atol=0.5 / 65535 + 1e-7)
        assert len(list(kept)) == 4
    with pytest.raises(ValueError, match="no pictures"):
        Pictures.write(tmp_path / "b.mkv", iter(()))
    assert not (tmp_path / "b.mkv").exists()
