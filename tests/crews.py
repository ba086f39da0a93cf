"""Two processes that compute together, and the same by one."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from cleanplate.models.tokens.parallel import Crew

Answers = Callable[[Crew | None], dict[str, Tensor]]


def require_equal(answers: Answers, heads: int, folder: Path) -> dict[str, Tensor]:
    """What one process answers, after it was found to be what each of two answers.

    Args:
        answers: everything that is compared, by name; a function of a module.
        heads: that the two share.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(partial(_run, answers, heads, port, folder), (0, 1)))
    alone, one, other = answers(None), *(torch.load(folder / f"{rank}.pt") for rank in range(2))
    assert alone.keys() == one.keys() == other.keys()
    for name, video in alone.items():
        assert torch.equal(one[name], other[name]), name
        torch.testing.assert_close(one[name], video, rtol=0, atol=1e-5, msg=name)
    return alone


def _run(answers: Answers, heads: int, port: int, folder: Path, rank: int) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    try:
        torch.save(answers(Crew(heads)), folder / f"{rank}.pt")
    finally:
        dist.destroy_process_group()
