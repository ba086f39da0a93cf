"""What commands say when they are done."""

from __future__ import annotations

from pathlib import Path

from cleanplate.cli.console import Screen
from cleanplate.edit.package import QUADMASK, REASONING, REPORT, ShotPackage
from cleanplate.edit.proof import Proof
from cleanplate.masks.reasoning import read_reasoning


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
    lines = [("", "")]
    for thing in document.affected:
        span = f"frames {thing.onset}-{thing.end}"
        lines.append((f"{thing.name} ({thing.kind}, {span}, {thing.confidence:.0%} sure): {thing.why}", ""))
    if not document.affected:
        lines.append(("Nothing else was found to be affected.", ""))
    lines += [("", ""), (f"Quadmask   {folder / QUADMASK}", ""), (f"Reasoning  {folder / REASONING}", "")]
    lines.append((f"Go on with: cleanplate remove ... --reuse {folder}", "bold"))
    answer = {
        "folder": str(folder),
        "quadmask": str(folder / QUADMASK),
        "reasoning": document.model_dump(mode="json"),
        "warnings": warnings,
    }
    screen.result(answer, lines)
