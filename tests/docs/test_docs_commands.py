"""What the documentation tells people to type: every line parses, and the README's main lines really run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from doc_pages import PAGES, ROOT, blocks
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.cli.options import rate_of
from cleanplate.cli.pointing import frame_range, scoped, selections
from cleanplate.pipeline.export import EXPORTS
from cleanplate.pipeline.registry import ENGINES, SEGMENTERS
from drawn_clips import middle, write_plate

_INLINE = re.compile(r"`(cleanplate(?: [^`]+)?)`")


def flattened(command: Any, name: str = "") -> dict[str, Any]:
    """Every command by what is typed for it, those of groups included: ``worlds inspect``."""
    if not hasattr(command, "commands"):
        return {name: command}
    inside = (flattened(sub, f"{name} {word}".strip()) for word, sub in command.commands.items())
    return {full: found for commands in inside for full, found in commands.items()}


COMMANDS = flattened(typer.main.get_command(app))


def typed() -> Iterator[tuple[str, list[str]]]:
    """(page, arguments) of every command line: those in shell blocks, and those inline that have options."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line for kind, body in blocks(text) if kind == "sh" for line in body.splitlines()]
        lines += [found for found in _INLINE.findall(text) if " -" in found and "..." not in found]
        for line in lines:
            words = shlex.split(line, comments=True)
            if words and words[0] == "cleanplate":
                yield str(page.relative_to(ROOT)), words[1:]


def options_of(name: str) -> set[str]:
    """Every spelling of every option of a command."""
    options = [parameter for parameter in COMMANDS[name].params if parameter.param_type_name == "option"]
    return {spelling for option in options for spelling in (*option.opts, *option.secondary_opts)}


def parsed(arguments: Sequence[str]) -> dict[str, object]:
    """The parameters that the real parser makes of a command line; it raises for whatever it does not know."""
    words = scoped(list(arguments))
    length = next(n for n in (2, 1) if " ".join(words[:n]) in COMMANDS)
    name = " ".join(words[:length])
    return dict(COMMANDS[name].make_context(name, words[length:]).params)


@pytest.mark.parametrize(("page", "arguments"), [pytest.param(p, a, id=f"{p}: {shlex.join(a)}") for p, a in typed()])
def test_every_command_line_parses(page: str, arguments: list[str]) -> None:
    if arguments[-1] in ("--help", "--version"):
        assert CliRunner().invoke(app, arguments).exit_code == 0
        return
    given = parsed(arguments)
    frame = {"2.5s": 60, "00:00:02:12": 60}

    def time(text: str) -> int:
        return frame[text] if text in frame else int(text.removesuffix("s"))

    selections(given.get("click") or (), given.get("box") or (), given.get("stroke") or (), time)  # type: ignore[arg-type]
    if isinstance(frames := given.get("frames"), str):
        frame_range(frames, time)
    rate_of(given.get("rate"))  # type: ignore[arg-type]
    assert set(given.get("export") or ()) <= set(EXPORTS)  # type: ignore[call-overload]
    assert given.get("segmenter", "classic") in SEGMENTERS
    assert (given.get("engine") or "propagate") in ENGINES


def test_a_wrong_line_would_be_found() -> None:
    with pytest.raises(Exception, match="No such option: --clik"):
        parsed(["remove", "shot.mp4", "--clik", "1,2"])


def test_the_reference_names_every_option_of_every_command() -> None:
    sections = re.split(
        r"^## `cleanplate ((?: ?[a-z]+(?:-[a-z]+)*)+).*$",
        (ROOT / "docs/reference/cli.md").read_text("utf-8"),
        flags=re.M,
    )
    said = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert set(said) == set(COMMANDS)
    for name, text in said.items():
        rows = {word for row in re.findall(r"^\| (`-.*?) \|", text, re.M) for word in re.findall(r"`(-[-\w]+)", row)}
        assert rows == options_of(name) - {"--help", "-h"}, name


def test_the_options_in_the_readmes_table_exist() -> None:
    table = re.findall(r"^\| [^|]+ \| (`--[^|]+) \|$", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert len(table) >= 8
    assert set(re.findall(r"`(--[-\w]+)", " ".join(table))) <= options_of("remove")


def readme_lines(*commands: str) -> list[list[str]]:
    """The README's command lines, as they stand there, in order."""
    return [arguments for page, arguments in typed() if page == "README.md" and arguments[0] in commands]


def test_the_readme_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line after line on a tiny clip, with its place of the object instead of the README's."""
    write_plate(tmp_path / "shot.mp4")
    monkeypatch.chdir(tmp_path)
    lines = readme_lines("info", "remove", "mask", "composite", "verify", "engines")
    assert [arguments[0] for arguments in lines] == [
        *("info", "remove", "mask", "remove", "composite", "verify", "info", "engines", "engines")
    ]
    for arguments in lines:
        here = [middle(0) if word == "640,360" else word for word in arguments]
        done = CliRunner().invoke(app, scoped(here))
        assert done.exit_code == 0, f"{shlex.join(here)}\n{done.output}"
        if arguments[0] in ("remove", "composite", "verify"):
            assert "Proof holds: untouched means untouched." in done.output
    assert {path.name for path in tmp_path.iterdir()} == {
        *("shot.mp4", "ball.shot", "ball.mask", "ball2.shot", "soft.shot")
    }
