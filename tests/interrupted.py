"""Training and engines that are interrupted, and go on; and what a training run has written of its losses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from cleanplate.progress import Tick


class Stopped:
    """Progress that is interrupted after so many steps."""

    def __init__(self, after: int) -> None:
        self._left = after

    def task(self, name: str, total: int | None = None) -> Any:
        return nullcontext(self._tick)

    def _tick(self, advance: int = 1) -> None:
        self._left -= advance
        if self._left == 0:
            raise KeyboardInterrupt


class Interrupting:
    """Progress that is interrupted in one task, when so many ticks of it are done, or such a share of all."""

    def __init__(self, task: str, *, ticks: int = 0, share: float = 0.0) -> None:
        self._task, self._ticks, self._share = task, ticks, share

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Tick]:
        done, enough = 0, max(self._ticks, self._share * (total or 0))

        def tick(advance: int = 1) -> None:
            nonlocal done
            done += advance
            if name == self._task and done >= enough:
                raise KeyboardInterrupt

        yield tick


def curve(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "curves.jsonl").read_text(encoding="utf-8").splitlines()]


def require_goes_on(train: Callable[..., Path], recipe: Any, folder: Path, data: Path, **more: Any) -> Path:
    """A run that is stopped in its third step, and goes on, ends with the weights and curves of one that was not.

    Args:
        train: a recipe, the folder of a run, one of data, progress and whatever is given besides.

    Returns:
        the folder of the model.
    """
    whole = train(recipe, folder / "whole", data, **more)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, folder / "run", data, progress=Interrupting("Training", ticks=3), **more)
    place = train(recipe, folder / "run", data, **more)
    expected, found = (load_file(model / "model.safetensors") for model in (whole, place))
    assert expected.keys() == found.keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in found.items())
    assert curve(folder / "run") == curve(folder / "whole")
    return place
