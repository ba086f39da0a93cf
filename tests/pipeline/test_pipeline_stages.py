"""Stages: run once for the same inputs, again for others, and from what an unfinished try left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cleanplate.errors import InputError, PackageError, ProofError, ResourceError
from cleanplate.files import write_text
from cleanplate.pipeline.ledger import LEDGER, Ledger, stage_key
from cleanplate.pipeline.workshop import Abandoned, Workshop, deliver, opened


def run(shop: Workshop, inputs: dict[str, Any], ran: list[str], *, leaves: tuple[str, ...] = ()) -> dict[str, Any]:
    def work() -> dict[str, Any]:
        ran.append("ran")
        write_text(shop.folder / "made.txt", "made")
        return {"value": len(ran)}

    return shop.stage("make", inputs, ["made.txt"], work, leaves=leaves)


def test_a_stage_runs_once_for_the_same_inputs(tmp_path: Path) -> None:
    ran: list[str] = []
    assert run(Workshop(tmp_path), {"a": 1}, ran) == {"value": 1}
    assert run(Workshop(tmp_path), {"a": 1}, ran) == {"value": 1}
    assert run(Workshop(tmp_path), {"a": 2}, ran) == {"value": 2}
    (tmp_path / "made.txt").unlink()
    assert run(Workshop(tmp_path), {"a": 2}, ran) == {"value": 3}


def test_a_ledger_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / LEDGER).write_text('{"version": 1, "stages": [{"na')
    assert Ledger.read(tmp_path) == Ledger()


def test_keys_tell_names_and_inputs_apart() -> None:
    keys = {stage_key(name, inputs) for name in "ab" for inputs in ({}, {"x": 1}, {"x": "1"}, {"y": 1})}
    assert len(keys) == 8
    assert stage_key("a", {"x": 1, "y": 2}) == stage_key("a", {"y": 2, "x": 1})


def test_an_unfinished_try_leaves_what_the_next_goes_on_from(tmp_path: Path) -> None:
    seen: list[bool] = []

    def work() -> None:
        part, made = tmp_path / "part", tmp_path / "made.txt"
        seen.append(part.exists())
        part.touch()
        made.touch()
        if len(seen) == 1:
            raise KeyboardInterrupt

    shop = Workshop(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        shop.stage("make", {"a": 1}, ["made.txt"], work, leaves=["part"])
    Workshop(tmp_path).stage("make", {"a": 1}, ["made.txt"], work, leaves=["part"])
    Workshop(tmp_path).stage("make", {"a": 2}, ["made.txt"], work, leaves=["part"])
    assert seen == [False, True, False]


def test_what_is_spent_goes_once_the_stage_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def work() -> None:
        seen.append((tmp_path / "part").exists())
        (tmp_path / "part").touch()
        (tmp_path / "made.txt").touch()

    def run() -> None:
        Workshop(tmp_path).stage("make", {}, ["made.txt"], work, spent=["part"])

    def killed(shop: Ledger, folder: Path) -> None:
        if shop.stages[0].finished:
            raise KeyboardInterrupt
        write(shop, folder)

    write = Ledger.write
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    run()
    assert seen == [False, True], "what was there serves a run that was killed before the note"
    assert not (tmp_path / "part").exists()
    (tmp_path / "part").touch()
    run()
    assert seen == [False, True]
    assert not (tmp_path / "part").exists(), "a kill behind the note may leave it"


@pytest.mark.parametrize("error", [InputError("x"), ResourceError("x"), OSError(28, "full"), Abandoned()])
def test_a_failure_takes_its_folders_along(tmp_path: Path, error: Exception) -> None:
    def fail() -> None:
        with opened(tmp_path / "new" / "deep" / "shot") as shop:
            (shop.folder / "file").touch()
            raise error

    with pytest.raises(ResourceError if isinstance(error, OSError) else type(error)):
        fail()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ProofError("x"), MemoryError()])
def test_what_can_be_resumed_or_looked_at_stays(tmp_path: Path, error: BaseException) -> None:
    def stop() -> None:
        with opened(tmp_path / "shot") as shop:
            (shop.folder / "file").touch()
            raise error

    with pytest.raises(type(error)):
        stop()
    assert (tmp_path / ".shot.work" / "file").exists()

    def fail() -> None:
        with opened(tmp_path / "shot"):
            raise InputError("x")

    with pytest.raises(InputError):
        fail()
    assert (tmp_path / ".shot.work" / "file").exists()


def test_two_runs_never_share_a_shot(tmp_path: Path) -> None:
    with opened(tmp_path / "shot") as shop:
        (shop.folder / "file").touch()
        with pytest.raises(ResourceError, match="another run"), opened(tmp_path / "shot"):
            pass
        assert (shop.folder / "file").exists()


def test_delivery_keeps_what_is_named_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "shot").mkdir()  # empty, which does no harm
    with opened(tmp_path / "shot") as shop:
        for name in ("kept", "scrap"):
            (shop.folder / name).touch()
        deliver(shop, tmp_path / "shot", ["kept"])
    assert [path.name for path in (tmp_path / "shot").iterdir()] == ["kept"]
    assert [path.name for path in tmp_path.iterdir()] == ["shot"]


def test_reuse_links_and_never_changes(tmp_path: Path) -> None:
    ran: list[str] = []
    with opened(tmp_path / "first") as shop:
        run(shop, {"a": 1}, ran)
        deliver(shop, tmp_path / "first", ["made.txt", LEDGER])
    with opened(tmp_path / "second", tmp_path / "first") as shop:
        run(shop, {"a": 1}, ran)
        assert len(ran) == 1
        run(shop, {"a": 2}, ran)
        write_text(shop.folder / "made.txt", "changed")
    assert (tmp_path / "first" / "made.txt").read_text() == "made"
    with pytest.raises(PackageError, match="no finished run"), opened(tmp_path / "third", tmp_path):
        pass
    assert not (tmp_path / ".third.work").exists()
