"""Files appear whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from cleanplate.errors import ResourceError
from cleanplate.files import atomic, disk_errors, require_space, reserve


def test_a_file_takes_its_name_when_whole(tmp_path: Path) -> None:
    with atomic(tmp_path / "a.txt") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "a.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def write_half() -> None:
        with atomic(tmp_path / "a.txt") as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_reserving_keeps_content_and_takes_room(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc")
    reserve(path, 8192)
    assert path.stat().st_blocks * 512 >= 8192
    assert path.read_bytes()[:3] == b"abc"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOTDIR])
def test_the_systems_refusals_are_explained(tmp_path: Path, code: int) -> None:
    with pytest.raises(ResourceError, match=r"(Choose another|Free some space)"), disk_errors(tmp_path):
        raise OSError(code, "no")


def test_other_errors_of_the_system_are_not_dressed_up(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="odd"), disk_errors(tmp_path):
        raise OSError(errno.EIO, "odd")


def test_space_is_asked_for(tmp_path: Path) -> None:
    require_space(tmp_path, 1)
    with pytest.raises(ResourceError, match="GB free"):
        require_space(tmp_path, 10**18)
