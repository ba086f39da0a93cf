"""Small drawn clips and shots that the tests of the pipeline, the command line and the package share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from drawn_clips import FRAMES, write_binary, write_plate, write_quadmask

from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.remove import remove


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with plate.mp4, quadmask.mkv and binary.mkv; tests only read it."""
    folder = tmp_path_factory.mktemp("drawn")
    write_plate(folder / "plate.mp4")
    write_quadmask(folder / "quadmask.mkv", range(FRAMES))
    write_binary(folder / "binary.mkv", range(FRAMES))
    return folder


@pytest.fixture(scope="session")
def shot(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A delivered shot package of the drawn plate; tests only read it."""
    out = tmp_path_factory.mktemp("shots") / "shot"
    remove(drawn / "plate.mp4", Remove(mask=drawn / "quadmask.mkv"), out)
    return out


@pytest.fixture
def contents(tmp_path: Path) -> Callable[[], set[str]]:
    """Names of everything in the test's folder, hidden things too, relative to it."""
    return lambda: {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
