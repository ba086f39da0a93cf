"""`make demo`: all three jobs on clips whose true answer is known, and one page that shows what came out."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from exhibits import Exhibit, exhibits
from figures import Result
from page import Shown, render
from shots import CommandError, Order, make_shot, pictures, result_of, write_mask, write_plate

from cleanplate import ShotPackage, __version__
from cleanplate.cli.guard import INTERRUPTED
from cleanplate.edit.package import REPORT
from cleanplate.edit.proof import Proof
from cleanplate.errors import CleanplateError
from cleanplate.files import write_text
from cleanplate.models.catalogue.shipped import SHIPPED

NOTHING = "doing nothing"
_WEIGHTLESS = frozenset({"propagate"})


def make(shown: Sequence[Exhibit], folder: Path, weights: Mapping[str, Path] | None = None) -> Path:
    """Make every exhibit's shots in `folder`, and the page.

    Args:
        weights: folders of engines' weights; those that the package brings otherwise.

    Raises:
        CommandError: a command ended with an error.
        CleanplateError: a clip or a shot cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "index.html"
    parts = [_made(exhibit, folder, weights or {}) for exhibit in shown]
    write_text(index, render(parts, f"cleanplate {__version__}. Figures by cleanplate.metrics, counted for this page."))
    return index


def _made(exhibit: Exhibit, folder: Path, weights: Mapping[str, Path]) -> Shown:
    material, plate, mask = exhibit.material(), folder / f"{exhibit.name}.mp4", None
    write_plate(material.plate, material.rate, plate)
    if material.mask is not None:
        mask = folder / f"{exhibit.name}-mask.mkv"
        write_mask(material.mask, material.rate, mask)
    there = [engine for engine in exhibit.engines if engine in {*_WEIGHTLESS, *SHIPPED, *weights}]
    orders = {engine: Order(exhibit.words, plate, engine, mask, weights.get(engine)) for engine in there}
    packages: dict[str, ShotPackage] = {}
    for engine, order in orders.items():
        name = exhibit.name if engine == there[0] else f"{exhibit.name}.{engine}"
        packages[engine] = make_shot(order, folder / f"{name}.shot")
    filmed = pictures(plate)
    results = {NOTHING: Result.nothing(filmed)}
    results |= {engine: result_of(package) for engine, package in reversed(packages.items())}
    return Shown(
        name=exhibit.name,
        title=exhibit.title,
        lead=exhibit.lead,
        rate=material.rate,
        views={"plate": filmed} | {e: results[e].composite for e in there[:1]} | {"truth": material.answer.truth},
        figures={maker: material.answer.figures(filmed, result) for maker, result in results.items()},
        notes=_notes(exhibit.engines[0], there),
        reports={engine: package.folder.relative_to(folder) / REPORT for engine, package in packages.items()},
        proof=_proven(packages[there[0]].shot.proof) if there else "",
        command=shlex.join(orders[there[0]].command(lambda path: path.name)) if there else "",
    )


def _notes(wanted: str, there: Sequence[str]) -> list[str]:
    """What is said where the engine that this is about has no weights here."""
    if wanted in there:
        return []
    rest = f"{there[0]} is shown instead: it invents no motion." if there else "So there is no result to show."
    return [f"This package brings no weights of {wanted}. {rest} cleanplate train makes some."]


def _proven(proof: Proof | None) -> str:
    if proof is None:
        return ""
    clear = proof.alpha_zero
    verdict = "Proof holds" if proof.passed else "PROOF FAILED"
    counted = f"{clear.differing:,} of {clear.compared:,} samples differ where the layer is clear"
    return f"{verdict}: {counted}; {proof.touched:.1%} of the clip is touched."


def main(folder: Path) -> int:
    """The whole demo into `folder`; the exit code."""
    try:
        page = make(exhibits(), folder)
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return INTERRUPTED
    except CommandError as failed:
        return failed.code
    except CleanplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"\nOpen in a browser:\n  {page.absolute()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out")))
