"""Motion from elsewhere: another shot's, or a video's, for an engine that follows one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from painting_engine import PaintingEngine

from cleanplate.edit.package import MOTION, ShotPackage
from cleanplate.edit.verify import verify
from cleanplate.errors import InputError, PackageError, UsageError
from cleanplate.media.clip import Clip
from cleanplate.pipeline import registry
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.moving import motion_of
from cleanplate.pipeline.protocols import Generated, Motion, Plan, Scene
from cleanplate.pipeline.rebuild import rebuild
from cleanplate.pipeline.remove import remove
from cleanplate.progress import Progress
from drawn_removal import write_clip


class MovingEngine(PaintingEngine):
    """Says how things move by a video of its own, and notes the motion that it was given."""

    name = "move"
    given: Motion | None = None

    def generate(self, plan: Plan, scene: Scene, folder: Path, progress: Progress) -> Generated:
        MovingEngine.given = scene.motion
        made = super().generate(plan, scene, folder, progress)
        own = folder / "work"
        own.mkdir()
        shutil.copyfile(scene.clip.info.path, own / "own.mkv")
        return Generated(made.layer, motion=own / "own.mkv")


@pytest.fixture(autouse=True)
def _engines(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = {
        "move": registry.Part(f"{__name__}:MovingEngine", "", guided=True),
        "paint": registry.Part("painting_engine:PaintingEngine", ""),
    }
    monkeypatch.setattr(registry, "ENGINES", known)
    monkeypatch.setattr("cleanplate.pipeline.remove.ENGINES", known)
    yield
    MovingEngine.given = None


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip"), 8)


def made(clip: Path, out: Path, engine: str = "move", motion: Path | None = None, **more: Any) -> ShotPackage:
    return remove(clip / "plate.mkv", Remove(mask=clip / "quadmask.mkv", motion=motion), out, engine=engine, **more)


def test_an_engines_motion_stays_with_the_shot_and_serves_the_next(clip: Path, tmp_path: Path) -> None:
    first = made(clip, tmp_path / "first")
    assert not MovingEngine.given
    assert (first.folder / MOTION).read_bytes() == (clip / "plate.mkv").read_bytes()
    second = made(clip, tmp_path / "second", motion=first.folder)
    given: Any = MovingEngine.given
    assert given.path.samefile(first.folder / MOTION)
    assert verify(second).passed
    assert json.loads((second.folder / "shot.json").read_text("utf-8"))["edit"]["motion"] == str(first.folder)
    again = rebuild(first.folder, tmp_path / "again")
    assert (again.folder / MOTION).is_file()


def test_a_shot_without_motion_of_its_own_gives_its_composite(clip: Path, tmp_path: Path) -> None:
    shot = made(clip, tmp_path / "shot", engine="paint")
    with Clip.open(clip / "plate.mkv") as plate:
        motion = motion_of(shot.folder, plate)
        assert motion.path == shot.composite
        with motion.open() as found, Clip.open(shot.composite) as composite:
            assert (motion.digest, len(found)) == (composite.source_hash, len(plate))
            np.testing.assert_array_equal(found.frame(3).planes[0], composite.frame(3).planes[0])


def test_another_motion_is_another_layer(clip: Path, tmp_path: Path) -> None:
    """It is among what the stage depends on: nothing that another one made serves."""
    shot = made(clip, tmp_path / "shot", motion=clip / "plate.mkv")
    keys = [made(clip, tmp_path / "same", motion=clip / "plate.mkv", reuse=shot.folder)]
    other = write_clip(tmp_path / "other", 8, onset=2)
    keys.append(made(clip, tmp_path / "else", motion=other / "plate.mkv", reuse=shot.folder))
    assert [_cached(package) for package in keys] == [True, False]


def test_what_is_no_motion_of_this_plate(clip: Path, tmp_path: Path) -> None:
    longer = write_clip(tmp_path / "longer", 9)
    smaller = write_clip(tmp_path / "smaller", 8, size=(40, 80))
    with pytest.raises(InputError, match="9 frames of 80 x 48, the plate 8 frames"):
        made(clip, tmp_path / "shot", motion=longer / "plate.mkv")
    with pytest.raises(InputError, match="80 x 40, the plate 8 frames of 80 x 48"):
        made(clip, tmp_path / "shot", motion=smaller / "plate.mkv")
    foreign = made(smaller, tmp_path / "foreign", engine="paint")
    with pytest.raises(InputError, match="a shot of another plate"):
        made(clip, tmp_path / "shot", motion=foreign.folder)
    with pytest.raises((InputError, PackageError)):
        made(clip, tmp_path / "shot", motion=tmp_path / "none")
    with pytest.raises(UsageError, match="'paint' follows no motion"):
        made(clip, tmp_path / "shot", engine="paint", motion=clip / "plate.mkv")
    assert not (tmp_path / "shot").exists()


def _cached(package: ShotPackage) -> bool:
    assert package.run is not None
    return next(stage.cached for stage in package.run.stages if stage.name == "layer")
