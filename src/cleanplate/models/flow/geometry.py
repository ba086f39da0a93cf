"""What RAFT is made of, and what a pair of pictures costs it. Read without torch."""

from __future__ import annotations

STRIDE = 8
"""Pixels to a side of a place that is matched."""
LEVELS, RADIUS = 4, 4
FEATURES, HIDDEN = 256, 128
ITERATIONS = 12
"""As many as the published warped noise was made with."""
LEAST_SIDE = STRIDE << LEVELS
"""Pixels: the coarsest level then has two samples to a side."""
PARAMETERS = 5_257_536
SEEN = LEVELS * (2 * RADIUS + 1) ** 2
"""Numbers that a place sees at each iteration."""
LIMIT = 1_000_000_000
"""Bytes that all pairs may take; beyond, each look computes what it sees."""
_SAMPLE_BYTES = 4
_HALF_CHANNELS = 6 * 64
"""Channels of 32 bits held at once for a sample at half the picture's size, at the peak of an encoder."""
_CHUNK_BYTES = 300_000_000
_WORKSPACE = 100_000_000

_ENCODER = (
    16 * (3 * 64 * 49 + 4 * 64 * 64 * 9)
    + 4 * (64 * 96 * 9 + 64 * 96 + 3 * 96 * 96 * 9)
    + (96 * 128 * 9 + 96 * 128 + 3 * 128 * 128 * 9 + 128 * FEATURES)
)
_MOTION = SEEN * 256 + 256 * 192 * 9 + 2 * 128 * 49 + 128 * 64 * 9 + 256 * 126 * 9
_ITERATION = _MOTION + 6 * 3 * HIDDEN * HIDDEN * 5 + HIDDEN * 256 * 9 + 256 * 2 * 9
_UPSAMPLING = HIDDEN * 256 * 9 + 256 * 9 * STRIDE**2
"""Multiply-adds for a place: sizes of convolutions, times samples of theirs to a place."""


def grid(rows: int, columns: int) -> tuple[int, int]:
    """Places to a side of a picture, filled up to what the network bears."""
    padded = (max(LEAST_SIDE, side + -side % STRIDE) for side in (rows, columns))
    down, across = (side // STRIDE for side in padded)
    return down, across


def volume_bytes(down: int, across: int) -> int:
    """Of all pairs of places, at all levels."""
    places = down * across
    return sum(places * (down >> level) * (across >> level) for level in range(LEVELS)) * _SAMPLE_BYTES


def multiplied(rows: int, columns: int, *, remembered: bool = True) -> float:
    """Multiply-adds of one pair, counted twice.

    Args:
        remembered: the features of the first picture are those of the second one of the pair before.
    """
    down, across = grid(rows, columns)
    encoders = 2 if remembered else 3
    pairs = volume_bytes(down, across) // _SAMPLE_BYTES * FEATURES
    if volume_bytes(down, across) > LIMIT:
        pairs = down * across * ITERATIONS * LEVELS * (2 * RADIUS + 2) ** 2 * FEATURES
    return 2.0 * (down * across * (encoders * _ENCODER + ITERATIONS * _ITERATION + _UPSAMPLING) + pairs)


def memory(rows: int, columns: int) -> int:
    """Bytes at the peak, beside the program."""
    down, across = grid(rows, columns)
    encoding = _HALF_CHANNELS * 16 * down * across * _SAMPLE_BYTES
    volume = volume_bytes(down, across)
    return PARAMETERS * _SAMPLE_BYTES + encoding + (volume if volume <= LIMIT else _CHUNK_BYTES) + _WORKSPACE
