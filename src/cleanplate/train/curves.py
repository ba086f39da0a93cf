"""Figures and pictures of a run as it goes: lines of JSON, curves, and TensorBoard where it is installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SIZE = (640, 960)
_MARGIN = 60
_INKS = ((40, 40, 220), (30, 140, 30), (200, 90, 20), (140, 30, 140), (20, 20, 20))
_SMOOTHED = 20


FILE = "curves.jsonl"


def lines_of(run: Path) -> list[dict[str, Any]]:
    """What was noted so far in a run's folder, step by step."""
    if not (run / FILE).is_file():
        return []
    return [json.loads(line) for line in (run / FILE).read_text(encoding="utf-8").splitlines()]


class Curves:
    """One run's figures. A run that goes on again drops what was noted after the step it goes on from.

    Args:
        folder: where ``curves.jsonl``, ``curves.png`` and TensorBoard's files go.
        step: how many steps are done.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._folder = folder
        self._file = folder / FILE
        folder.mkdir(parents=True, exist_ok=True)
        kept = [line for line in lines_of(folder) if line["step"] <= step]
        self._file.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        self._board = _board(folder / "tensorboard", step)

    def note(self, step: int, figures: Mapping[str, float]) -> None:
        """Add a line."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **{name: round(value, 6) for name, value in figures.items()}}) + "\n")
        for name, value in figures.items():
            if self._board is not None:
                self._board.add_scalar(name, value, step)

    def show(self, step: int, name: str, picture_HW3: NDArray[np.uint8]) -> None:
        """Keep a picture, sRGB."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        cv2.imwrite(str(folder / f"{step:08d}.png"), picture_HW3[..., ::-1])
        if self._board is not None:
            self._board.add_image(name, picture_HW3, step, dataformats="HWC")

    def draw(self) -> None:
        """``curves.png``: every figure that begins with ``loss``, over the steps, by its logarithm."""
        lines = lines_of(self._folder)
        names = sorted({name for line in lines for name in line if name.startswith("loss") and line[name] > 0})
        if len(lines) < 2 or not names:
            return
        picture = np.full((*_SIZE, 3), 255, np.uint8)
        curves = {name: [(ln["step"], ln[name]) for ln in lines if ln.get(name, 0) > 0] for name in names}
        values = [np.log10(value) for points in curves.values() for _, value in points]
        low, high, last = min(values), max(values), max(line["step"] for line in lines)
        for ink, (name, points) in zip(_INKS * len(names), curves.items(), strict=False):
            steps = np.array([step for step, _ in points], np.float64)
            logs = _smooth(np.log10([value for _, value in points]))
            x = _MARGIN + (_SIZE[1] - 2 * _MARGIN) * steps / max(last, 1)
            y = _SIZE[0] - _MARGIN - (_SIZE[0] - 2 * _MARGIN) * (logs - low) / max(high - low, 1e-9)
            cv2.polylines(picture, [np.stack((x, y), 1).astype(np.int32)], False, ink, 2, cv2.LINE_AA)
            _write(picture, f"{name} {10 ** logs[-1]:.4f}", (_SIZE[1] - 280, 30 + 22 * names.index(name)), ink)
        _write(picture, f"{10**high:.3g}", (4, _MARGIN), _INKS[-1])
        _write(picture, f"{10**low:.3g}", (4, _SIZE[0] - _MARGIN), _INKS[-1])
        _write(picture, f"step {last}", (_SIZE[1] - 160, _SIZE[0] - 20), _INKS[-1])
        cv2.imwrite(str(self._folder / "curves.png"), picture)

    def close(self) -> None:
        """Let the files go."""
        if self._board is not None:
            self._board.close()


def _board(folder: Path, step: int) -> Any:
    """TensorBoard's writer, or None where it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=step + 1)


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of up to so many values before each."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - _SMOOTHED, 0)
    mean: NDArray[np.float64] = (sums[ends] - sums[starts]) / (ends - starts)
    return mean


def _write(picture: NDArray[np.uint8], text: str, at: tuple[int, int], ink: tuple[int, int, int]) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, 1, cv2.LINE_AA)
