"""``cleanplate models``: what there is, fetching it, looking at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.errors import InputError, missing_extra

models = typer.Typer(
    name="models",
    help="List models; fetch, check and convert their weights.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(help="A model of the list, a folder, or OWNER/NAME of the Hugging Face hub.")]


@models.command("list")
def list_(json: o.Json = False) -> None:
    """List models, with where their weights are published."""
    from cleanplate.models.catalogue.facts import parts, rows

    models, needed = rows(), parts()
    lines = [(f"{row['name']:<18} {row['summary']} ({row['licence']})", "") for row in models]
    lines.append(("Codecs and text encoders, fetched with the models that want them", "bold"))
    lines += [(f"{part['name']:<18} {', '.join(part['weights'])} ({part['licence']})", "") for part in needed]
    Screen(as_json=json).result({"models": models, "parts": needed}, lines)


@models.command()
def info(name: Name, json: o.Json = False) -> None:
    """Say what a model is made of, and count its parameters."""
    from cleanplate.models.catalogue.facts import facts

    screen = Screen(as_json=json)
    with guarded(screen), _learned():
        found = facts(name)
        screen.result(found, _facts(found))


@models.command()
def pull(
    name: Name,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to fetch into. Default: the hub's cache.")] = None,
    json: o.Json = False,
) -> None:
    """Fetch weights from the Hugging Face hub, with what goes with them; it goes on where it was stopped."""
    from cleanplate.models.catalogue.fetching import fetch, looked_up

    screen = Screen(as_json=json)
    with guarded(screen):
        remotes = looked_up(name)
        for remote in remotes:
            files, gigabytes = len(remote.files), remote.size / 1e9
            screen.note(f"{remote.repository}: {files} files, {gigabytes:.2f} GB, licence {remote.licence}")
        folders = [fetch(remote, screen.progress(), to) for remote in remotes]
        document = {
            "fetched": [
                {
                    "repository": remote.repository,
                    "revision": remote.revision,
                    "licence": remote.licence,
                    "folder": str(folder),
                    "files": [file.path for file in remote.files],
                    "bytes": remote.size,
                }
                for remote, folder in zip(remotes, folders, strict=True)
            ]
        }
        screen.result(document, [(f"Fetched  {folder}", "bold green") for folder in dict.fromkeys(folders)])


@models.command()
def verify(name: Name, json: o.Json = False) -> None:
    """Read weights through: hashes, headers, names and shapes of tensors. Nothing is loaded."""
    screen = Screen(as_json=json)
    with guarded(screen), _learned():
        from cleanplate.models.catalogue.verify import verify as run

        verdict = run(name, screen.progress())
        findings = [{"where": found.where, "what": found.what} for found in verdict.findings]
        document = {"whole": not findings, "files": verdict.files, "unstated": verdict.unstated, "findings": findings}
        lines = [(f"{found.where}: {found.what}", "") for found in verdict.findings]
        if verdict.unstated:
            lines.append((f"The hub's hash of {len(verdict.unstated)} files is not known here.", ""))
        total = f"{verdict.files} files, {len(findings)} faults."
        screen.result(document, [*lines, (total, "bold red" if findings else "bold green")])
        if findings:
            raise typer.Exit(InputError.exit_code)


@models.command()
def convert(
    source: Annotated[Path, typer.Argument(help="Safetensors: a file, or a folder.")],
    out: Annotated[Path, typer.Argument(help="Folder to write; must not exist.")],
    to: Annotated[
        str | None,
        typer.Option("--to", help="The model to write: of the list, or a folder with one. Default: what fits."),
    ] = None,
    dtype: Annotated[
        str | None, typer.Option("--dtype", help="float32, bfloat16 or float16. Default: what is stored.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Write weights in our format: Wan2.1 as the first of Vera, RAFT, or a model of ours in other numbers."""
    screen = Screen(as_json=json)
    with guarded(screen), _learned():
        from cleanplate.models.store.convert import convert as run

        done = run(source, out, to, dtype, progress=screen.progress())
        document = {"out": str(out), "kind": done.kind, "tensors": done.tensors, "bytes": done.bytes}
        document["system"] = done.system.model_dump(mode="json") if done.system else None
        screen.result(document, [(f"{done.tensors} tensors, {done.bytes / 1e9:.2f} GB, in {out}", "bold green")])


@contextmanager
def _learned() -> Iterator[None]:
    """Say which extra a missing package belongs to."""
    try:
        yield
    except ImportError as error:
        raise missing_extra(error.name or "torch", "learned") from error


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    """For people: without the list of tensors."""
    branches = ", ".join(f"{branch} {count:,}" for branch, count in found["by_branch"].items())
    passes = ", ".join(found.get("passes", {}).values())
    whose = branches or ("each pass" if passes else "")
    shown = {
        "Summary": found.get("summary"),
        "Weights": found.get("weights"),
        "Starts from": found.get("starts_from"),
        "Licence": found.get("licence"),
        "Folder": found["folder"],
        "Passes": passes,
        "Parameters": f"{found['parameters']:,}" + (f" ({whose})" if whose else ""),
        "Tensors": f"{len(found['tensors']):,}",
    }
    if "codec" in found:
        shown |= _video_facts(found["codec"], found["text_encoder"], found["limits"])
    return [(f"{title:<14}{words}", "") for title, words in shown.items() if words]


def _video_facts(codec: dict[str, Any], text: dict[str, Any], limits: dict[str, Any]) -> dict[str, str]:
    """Of a model that makes videos from text."""
    rows, columns = limits["multiple_of"]
    frames, height, width = codec["stride"]
    return {
        "Codec": f"{codec['name']}: {codec['channels']} channels for {frames} frames of {height} x {width} pixels",
        "Text encoder": f"{text['name']}: {text['channels']} channels",
        "Limits": f"{limits['frames']} frames, {limits['pixels']:,} pixels in multiples of {rows} x {columns}, "
        f"{limits['rate']:g} a second",
    }
