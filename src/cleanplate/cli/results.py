"""What commands say when they are done."""

from __future__ import annotations

from pathlib import Path

from cleanplate.cli.console import Screen
from cleanplate.edit.package import QUADMASK, REASONING, REPORT, ShotPackage
from cleanplate.edit.proof import Proof
from cleanplate.masks.reasoning import Reasoning, read_reasoning


def show_package(screen: Screen, package: ShotPackage) -> None:
    """The shot, its warnings, its proof and where to look."""
    shot = package.shot
    for warning in shot.warnings:
        screen.warn(warning)
    report, proof = package.folder / REPORT, shot.proof
    lines = [("", ""), *(proof_lines(proof) if proof else []), ("", "")]
    lines += [(f"Composite  {package.composite}", ""), (f"Report     {report}", "bold")]
    document = {
        "package": str(package.folder),
        "composite": str(package.composite),
        "report": str(report),
        "warnings": shot.warnings,
        "notes": shot.notes,
        "measurements": shot.measurements,
        "proof": proof_document(proof) if proof else None,
    }
    screen.result(document, lines)


def proof_lines(proof: Proof) -> list[tuple[str, str]]:
    """The proof in a few lines of (text, style)."""
    sets = (("where alpha is 0", proof.alpha_zero), ("outside the permitted region", proof.outside_region))
    lines = [
        (f"{s.differing:,} of {s.compared:,} samples differ {where}", "red" if s.differing else "green")
        for where, s in sets
    ]
    lines.append((f"{proof.touched:.2%} of the clip is touched; {proof.permitted:.2%} might have been", ""))
    if proof.whole_frame:
        lines.append(("The permitted region is the whole frame: the second line proves nothing.", "bold red"))
    lines += [(f"Failed: {fault}", "bold red") for fault in proof.faults]
    lines.append(("Proof holds: untouched means untouched." if proof.passed else "PROOF FAILED", "bold"))
    return lines


def proof_document(proof: Proof) -> dict[str, object]:
    """The proof for machines; the shares of every frame are left to shot.json."""
    return {"passed": proof.passed, "faults": proof.faults} | proof.model_dump(
        mode="json", exclude={"touched_by_frame"}
    )


def show_mask(screen: Screen, folder: Path, warnings: tuple[str, ...]) -> None:
    """What the reasoning found, and the quadmask to look at."""
    for warning in warnings:
        screen.warn(warning)
    document = read_reasoning(folder / REASONING)
    lines = [("", ""), *reasoning_lines(document)]
    lines += [("", ""), (f"Quadmask   {folder / QUADMASK}", ""), (f"Reasoning  {folder / REASONING}", "")]
    lines.append((f"Go on with: cleanplate remove ... --reuse {folder}", "bold"))
    answer = {
        "folder": str(folder),
        "quadmask": str(folder / QUADMASK),
        "reasoning": document.model_dump(mode="json"),
        "warnings": warnings,
    }
    screen.result(answer, lines)


def show_reasoning(screen: Screen, folder: Path, warnings: tuple[str, ...]) -> None:
    """What else is affected, and why, as a table."""
    for warning in warnings:
        screen.warn(warning)
    document = read_reasoning(folder / REASONING)
    lines = [("", ""), *reasoning_table(document)]
    if document.scene_after:
        lines += [("", ""), (f"Afterwards: {document.scene_after}", "")]
    lines += [(note, "dim") for note in document.notes]
    lines += [("", ""), (f"Reasoning  {folder / REASONING}", "")]
    lines.append(
        (f"Edit it and go on with: cleanplate remove ... --reasoning {folder / REASONING} --reuse {folder}", "bold")
    )
    answer = {
        "folder": str(folder),
        "reasoning": document.model_dump(mode="json"),
        "file": str(folder / REASONING),
        "warnings": warnings,
    }
    screen.result(answer, lines)


def reasoning_lines(document: Reasoning) -> list[tuple[str, str]]:
    """One line for each thing that is affected."""
    lines = [
        (f"{t.name} ({t.kind}, frames {t.onset}-{t.end}, {t.confidence:.0%} sure): {t.why}", "")
        for t in document.affected
    ]
    return lines or [("Nothing else was found to be affected.", "")]


def reasoning_table(document: Reasoning) -> list[tuple[str, str]]:
    """Columns in lines of (text, style): what goes with an object, what is affected, and the reason below each."""
    rows = [("thing", "kind", "frames", "because of", "sure", "says")]
    reasons = [""]
    for belonging in document.removed_with:
        rows.append(
            (belonging.name, "goes, too", "", belonging.removed_with, f"{belonging.confidence:.0%}", belonging.source)
        )
        reasons.append(belonging.why)
    for thing in document.affected:
        span = f"{thing.onset}-{thing.end}"
        rows.append((thing.name, thing.kind, span, thing.caused_by, f"{thing.confidence:.0%}", thing.source))
        reasons.append(thing.why)
    if len(rows) == 1:
        return [("Nothing else was found to be affected.", "")]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines: list[tuple[str, str]] = []
    for number, (row, reason) in enumerate(zip(rows, reasons, strict=True)):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        lines.append((text, "bold" if number == 0 else ""))
        lines += [(f"    {reason}", "dim")] if reason else []
    return lines
