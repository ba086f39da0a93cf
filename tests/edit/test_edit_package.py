"""The shot package: its manifest, its schema, its baselines, and what it does not let happen."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import jsonschema
import opentimelineio as otio
import pytest
from shot_maker import BOX, Made, make, write_plate

from cleanplate import files
from cleanplate.edit.manifest import (
    EngineRecord,
    RegionRecord,
    Run,
    Shot,
    SourceRecord,
    StageRecord,
    TimesRecord,
    read_shot,
    spans_of,
    to_text,
)
from cleanplate.edit.manifest_schema import SCHEMA, schema_text
from cleanplate.edit.otio import MATTE_MEDIA, write_timeline
from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import stream_record, verify
from cleanplate.errors import PackageError

BASELINES = sorted((Path(__file__).parent / "baselines").glob("shot-v*.json"))


def manifest(made: Made) -> Shot:
    return Shot(
        cleanplate="0.1.0",
        source=SourceRecord.of(made.plate),
        edit={"kind": "remove", "first_frame": 0},
        engine=EngineRecord(name="propagate", seed=7, threads=2, parameters={"radius": 3}),
        times=TimesRecord.of(made.plate.info),
        region=RegionRecord(kind="box", box=BOX, frames=(0, 7)),
        layer=spans_of(made.layer.frames),
        streams=tuple(map(stream_record, made.joined.streams)),
        hashes={"layer/matte.mkv": files.sha256(made.layer.folder / "matte.mkv")},
    )


@pytest.fixture
def package(tmp_path: Path) -> ShotPackage:
    source = write_plate(tmp_path / "plate.mkv", audio=True)
    folder = tmp_path / "shot"
    folder.mkdir()
    made = make(source, folder)
    run = Run(stages=(StageRecord(name="select", seconds=1.5),), peak_memory=10**8)
    return ShotPackage.write(folder, manifest(made), run)


def test_a_package_proves_itself(package: ShotPackage) -> None:
    proof = verify(package)
    assert proof.passed, proof.faults
    assert {"plate", "recorded times", "recorded files", "stream 1", "rotation"} <= {c.name for c in proof.checks}
    assert package.run is not None
    assert package.run.stages[0].seconds == 1.5
    again = ShotPackage.write(package.folder, package.shot.model_copy(update={"proof": proof}))
    assert again.shot.proof == proof


def test_verify_believes_nothing(package: ShotPackage, tmp_path: Path) -> None:
    shot = package.shot

    def faults(**changes: object) -> str:
        return " ".join(verify(ShotPackage(package.folder, shot.model_copy(update=changes))).faults)

    assert "plate: it is not the file" in faults(source=shot.source.model_copy(update={"sha256": "0" * 64}))
    late = shot.times.model_copy(update={"pts": (0, 41, *shot.times.pts[2:])})
    assert "recorded times" in faults(times=late)
    assert "layer/matte.mkv" in faults(hashes={"layer/matte.mkv": "0" * 64})
    assert "stream 1: it was not delivered whole" in faults(streams=())
    with pytest.raises(PackageError, match="the plate is not there"):
        verify(package, source=tmp_path / "gone.mkv")


def test_another_plate_of_the_same_make_fails(package: ShotPackage, tmp_path: Path) -> None:
    other = write_plate(tmp_path / "other.mkv", frames=8, audio=False)
    assert not verify(package, source=other).passed


def test_the_shipped_schema_is_the_models(package: ShotPackage) -> None:
    assert SCHEMA.read_text() == schema_text(), "run: python -m cleanplate.edit.manifest_schema"
    jsonschema.validate(json.loads(to_text(package.shot)), json.loads(schema_text()))


@pytest.mark.parametrize("path", BASELINES, ids=lambda p: p.name)
def test_every_version_ever_written_can_be_read(path: Path) -> None:
    shot = read_shot(path)
    assert shot.proof is not None
    assert Shot.model_validate_json(to_text(shot)) == shot


def test_the_newest_version_has_a_baseline_that_does_not_change() -> None:
    newest = BASELINES[-1]
    assert to_text(read_shot(newest)) == newest.read_text()
    jsonschema.validate(json.loads(newest.read_text()), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"version": "1"}, "version '1'"),
        ({"composite": "../plate.mkv"}, "composite"),
        ({"composite": "/etc/passwd"}, "composite"),
        ({"tracks": ["a/b"]}, "tracks.0"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"times": {"time_base": "1/25", "pts": [0, 0], "end_pts": 3}}, "times must increase"),
        ({"times": {"time_base": "0", "pts": [0], "end_pts": 3}}, "must be over 0"),
        ({"region": {"kind": "box", "frames": [0, 1]}}, "box"),
        ({"composite": "gone.mkv"}, "'gone.mkv' is missing"),
    ],
)
def test_bad_manifests_are_refused(package: ShotPackage, change: dict[str, object], message: str) -> None:
    path = package.folder / "shot.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(PackageError, match=message):
        ShotPackage.open(package.folder)


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="no such folder"):
        ShotPackage.open(tmp_path / "gone")
    with pytest.raises(PackageError, match="no finished shot"):
        ShotPackage.open(tmp_path)
    for content, message in ((b"{", "not JSON"), (b"[]", "no manifest"), (b"\xff", "not JSON")):
        (tmp_path / "shot.json").write_bytes(content)
        with pytest.raises(PackageError, match=message):
            ShotPackage.open(tmp_path)


def test_a_link_out_of_the_package_is_refused(package: ShotPackage, tmp_path: Path) -> None:
    composite = package.composite
    composite.rename(tmp_path / "elsewhere.mkv")
    composite.symlink_to(tmp_path / "elsewhere.mkv")
    with pytest.raises(PackageError, match="leads out of the package"):
        ShotPackage.open(package.folder)


def test_spans() -> None:
    assert spans_of([]) == ()
    assert spans_of([3]) == ((3, 3),)
    assert spans_of([1, 2, 3, 7, 9, 10]) == ((1, 3), (7, 7), (9, 10))


def test_the_timeline(package: ShotPackage, tmp_path: Path) -> None:
    info = make(tmp_path / "plate.mkv", tmp_path / "again", range(0)).plate.info
    path = package.folder / "timeline.otio"
    write_timeline(path, info, package.folder / "layer", [2, 3, 6], title="shot")
    timeline = otio.adapters.read_from_file(str(path))
    plate, layer = timeline.video_tracks()
    assert plate[0].media_reference.target_url == "../plate.mkv"
    assert plate[0].available_range().duration == otio.opentime.RationalTime(8, 25)
    kinds = [(type(item).__name__, item.source_range.start_time.value, item.duration().value) for item in layer]
    assert kinds == [("Gap", 0, 2), ("Clip", 2, 2), ("Gap", 4, 2), ("Clip", 6, 1)]
    assert [layer.range_of_child(item).start_time.value for item in layer] == [0, 2, 4, 6]
    assert layer[1].media_reference.target_url == "layer/layer.mkv"
    assert layer[1].media_references()[MATTE_MEDIA].target_url == "layer/matte.mkv"
    assert timeline.global_start_time.rate == float(Fraction(25))
