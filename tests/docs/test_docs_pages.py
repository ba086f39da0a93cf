"""Links lead somewhere; tables of exit codes, files and formats agree with the code; code in Python blocks runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, blocks, prose

from cleanplate import errors, remove
from cleanplate.cli.guard import INTERRUPTED
from cleanplate.edit.manifest import Shot
from cleanplate.edit.proof import Proof
from cleanplate.media.limits import Limits
from cleanplate.media.sequence import IMAGE_SUFFIXES
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.export import EXPORTS
from drawn_clips import write_all

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:src|tests|docs|bench|demo|scripts)/[\w./-]+)`")
ERRORS = errors.CleanplateError.__subclasses__()
BY_NAME = [page.relative_to(ROOT).as_posix() for page in PAGES]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def first_column(page: str, heading: str) -> list[str]:
    """What stands in backquotes in the first column of the table under a heading."""
    section = re.split(r"^#+ ", read(page).split(heading, 1)[1], maxsplit=1, flags=re.M)[0]
    rows = re.findall(r"^\| (.*?) \|", section, re.M)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def anchors(page: Path) -> set[str]:
    """The names that headings get."""
    heads = re.findall(r"^#+ (.+)$", prose(page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", BY_NAME)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in _LINK.findall(prose(read(name))):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert file.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("name", BY_NAME)
def test_named_files_exist(name: str) -> None:
    missing = [file for file in _FILE.findall(read(name)) if not (ROOT / file).exists()]
    assert not missing


@pytest.mark.parametrize("name", BY_NAME)
def test_python_blocks_are_python(name: str) -> None:
    for kind, body in blocks(read(name)):
        if kind == "python":
            ast.parse(body)


def test_names_in_python_blocks_can_be_imported() -> None:
    for page in PAGES:
        for kind, body in blocks(page.read_text(encoding="utf-8")):
            imports = [n for n in ast.parse(body).body if isinstance(n, ast.ImportFrom)] if kind == "python" else []
            for node in imports:
                module = __import__(str(node.module), fromlist=[name.name for name in node.names])
                assert all(hasattr(module, name.name) for name in node.names), f"{page.name}: {ast.unparse(node)}"


@pytest.mark.parametrize("page", ["docs/how-to/machines.md", "docs/reference/cli.md"])
def test_exit_codes_are_the_programs(page: str) -> None:
    said = {int(code) for code in re.findall(r"^\| (\d+) \|", read(page), re.M)}
    assert said == {0, INTERRUPTED} | {kind.exit_code for kind in ERRORS}


def test_errors_and_their_codes_are_the_programs() -> None:
    rows = dict(re.findall(r"^\| `(\w+Error)` \| (\d+) \|", read("docs/reference/python-api.md"), re.M))
    assert {name: int(code) for name, code in rows.items()} == {kind.__name__: kind.exit_code for kind in ERRORS}


def test_the_manifests_fields_are_all_explained() -> None:
    assert set(first_column("docs/reference/package.md", "## `shot.json`, version 1")) == set(Shot.model_fields)
    text = read("docs/reference/package.md")
    for field in Proof.model_fields:
        assert f"`{field}`" in text, field


def test_every_file_of_a_shot_is_explained(tmp_path: Path) -> None:
    write_all(tmp_path)
    shot = remove(tmp_path / "plate.mp4", Remove(mask=tmp_path / "binary.mkv"), tmp_path / "shot").folder
    said = first_column("docs/reference/package.md", "# The shot package")
    folders = [name for name in said if name.endswith("/")]
    names = [path.relative_to(shot).as_posix() for path in shot.rglob("*") if path.is_file()]
    assert not [name for name in names if name not in said and not name.startswith(tuple(folders))]


def test_the_edits_fields_are_all_in_the_api() -> None:
    text = read("docs/reference/python-api.md")
    assert not [name for name in Remove.model_fields if name != "kind" and f"`{name}`" not in text]


def test_exports_are_the_programs() -> None:
    said = re.findall(r"^\| `(\w+)` \| `([\w./]+)`", read("docs/how-to/finish-elsewhere.md"), re.M)
    assert {name: path.split("/")[0] for name, path in said} == {n: e.path.split("/")[0] for n, e in EXPORTS.items()}


def test_limits_and_image_formats_are_the_programs() -> None:
    text, limits = read("docs/reference/formats.md"), Limits()
    assert f"{limits.side:,} pixels a side" in text
    assert f"{round(limits.pixels / 1e6)} megapixels" in text
    assert f"{limits.frames:,} frames or {limits.seconds // 3600} hours" in text
    assert all(f"`{suffix}`" in text for suffix in IMAGE_SUFFIXES)
