"""The blocks compiled by torch: one graph for all of them, since they differ in weights alone."""

from __future__ import annotations

from cleanplate.models.running.transformer import Model


def compile_blocks(model: Model, mode: str | None = None) -> Model:
    """Compile every block at its first call, in place; the model is returned.

    The first calls take a minute or so; each new number of tokens may compile once more, until torch makes a graph for
    all numbers.

    Args:
        mode: as torch.compile takes it.
    """
    for block in model.blocks:
        block.compile(mode=mode)
    return model
