"""Two processes share VOID's calls and answer as one: whole calls, and parts that look at what is remembered."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

import drawn_void
from cleanplate.engines.void.sparing import Tokens
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.tokens.memory import Memory, in_copy
from cleanplate.models.tokens.parallel import Crew
from cleanplate.models.void.joint import VoidTransformer
from cleanplate.models.void.rotary import rotary
from crews import require_equal

CONFIG = drawn_void.CONFIG
FRAMES, ROWS, COLUMNS, WORDS = 6, 6, 6, 5
ECONOMY = Economy(ring=0, ring_frames=0, refresh=2)
"""27 tokens and 5 words: processes have unequal parts of both."""


def answers(crew: Crew | None) -> dict[str, Tensor]:
    """Everything that is compared, by name."""
    model = VoidTransformer(drawn_void.transformer()).requires_grad_(False)
    model.crew = crew
    generator = torch.Generator().manual_seed(0)
    text = torch.randn((2, WORDS, CONFIG.text_dim), generator=generator)
    places, memory, made = rotary(CONFIG, FRAMES, ROWS, COLUMNS), Memory(in_copy), dict[str, Tensor]()
    changing = torch.zeros((3, 3, 3), dtype=torch.bool)
    changing[1:, 1, :2] = True
    tokens = Tokens.of(changing, ECONOMY)
    for step in range(4):
        video = torch.randn((2, FRAMES, CONFIG.in_channels, ROWS, COLUMNS), generator=generator)
        time = torch.full((2,), 900 - 200 * step)
        with torch.inference_mode():
            (made[f"{step}: whole"],) = model(video, text, time, places)
            shares = tokens.shares(ECONOMY.phase(step, 4))
            (made[f"{step}: spared"],) = model(video, text, time, places, shares=shares, memory=memory)
    return made


def test_two_processes_answer_as_one(tmp_path: Path) -> None:
    require_equal(answers, CONFIG.heads, tmp_path)
