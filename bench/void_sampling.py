"""What VOID's loop over windows costs beside its transformer, with drawn weights.

    python bench/void_sampling.py [--dim 512] [--layers 4] [--latents 40x24x42] [--steps 2] [--guidance 1]

Time is the processor's, of all threads. The limit is 3 % from a hidden size of 512 on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch

from cleanplate.engines.void.latents import stored
from cleanplate.engines.void.noise import latent_noise
from cleanplate.engines.void.sampler import Task, sample
from cleanplate.engines.void.velocity import Velocity
from cleanplate.models.void.config import VoidConfig
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.schedule import scheduler

LIMIT = 0.03
_HEAD = 64


class Timed:
    """A transformer, and the seconds that it has taken."""

    def __init__(self, transformer: Any) -> None:
        self._transformer, self.seconds = transformer, 0.0

    def __call__(self, **given: Any) -> Any:
        start = time.process_time()
        answer = self._transformer(**given)
        self.seconds += time.process_time() - start
        return answer


def main() -> int:
    """Run, tell; 1 when the limit is passed."""
    asked = _arguments()
    from diffusers import CogVideoXTransformer3DModel

    torch.manual_seed(0)
    config = VoidConfig(heads=asked.dim // _HEAD, layers=asked.layers, text_dim=64)
    transformer = Timed(CogVideoXTransformer3DModel(**config.arguments).eval())
    frames, rows, columns = map(int, asked.latents.split("x"))
    shape = (frames, config.channels, rows, columns)

    text, negative = torch.randn(2, 1, config.tokens, config.text_dim)
    ask = Velocity(transformer, partial(rotary, config), text, negative, guidance=asked.guidance)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        known_shape = (frames, 2 * config.channels, rows, columns)
        known = stored(latent_noise(1, 0, known_shape), known_shape, folder / "known.npy")
        task = Task(known, lambda: latent_noise(0, 0, shape), key="drawn")
        start = time.process_time()
        sample(ask, scheduler(asked.steps), task, folder / "course")
        whole = time.process_time() - start
    share = 1 - transformer.seconds / whole
    print(
        f"{asked.latents} latents in {len(task.windows)} windows, {asked.steps} steps, hidden size {asked.dim}, "
        f"{asked.layers} layers: {whole:.1f} CPU seconds, {share:.2%} beside the transformer"
    )
    return int(asked.dim >= 512 and share > LIMIT)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--latents", default="40x24x42", help="frames x rows x columns")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--guidance", type=float, default=1.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
