"""Lengths that the transformer bears, and the mirrored tail that fills a clip up to one. Read without torch.

Two latent frames make a token and a latent stands for four frames, the first for one: a clip has 8 k + 5 frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

WINDOW = 85
"""Frames of the published model's window, and of the shortest clip that it is given."""
_LEAST, _STEP = 5, 8
_Item = TypeVar("_Item")


def padded_length(frames: int, shortest: int = WINDOW) -> int:
    """The least length of at least so many frames that the transformer bears. There is no longest.

    Raises:
        ValueError: no frames, or a shortest length that it does not bear.
    """
    if frames < 1 or not is_padded(shortest):
        raise ValueError(f"{frames} frames, at least {shortest}: a clip has some, and 8 k + 5 when it is padded")
    return max(shortest, _LEAST + _STEP * max(0, -(-(frames - _LEAST) // _STEP)))


def is_padded(frames: int) -> bool:
    """Whether the transformer bears so many frames: their latents are of even number."""
    return frames >= _LEAST and frames % _STEP == _LEAST


def latents_of(frames: int) -> int:
    """Latent frames of a padded clip. Raises ValueError for another length."""
    if not is_padded(frames):
        raise ValueError(f"{frames} frames are not 8 k + 5")
    return (frames - 1) // 4 + 1


def mirrored(frames: int, length: int) -> tuple[int, ...]:
    """Which of so many frames stands at each place of the padded clip: there, back, there ... (the turns twice)."""
    order = list(range(frames))
    while len(order) < length:
        order += order[::-1]
    return tuple(order[:length])


def played(order: Sequence[int], items: Iterator[_Item]) -> Iterator[_Item]:
    """The items in an order that takes each new one in turn; every item is drawn once, and held while it is needed.

    Raises:
        ValueError: there are too few items, or the order skips one.
    """
    last = {number: place for place, number in enumerate(order)}
    held: dict[int, _Item] = {}
    new = 0
    for place, number in enumerate(order):
        if number == new:
            try:
                held[number] = next(items)
            except StopIteration:
                raise ValueError(f"an item {number} is asked for, and there is none") from None
            new += 1
        if number not in held:
            raise ValueError(f"item {number} is asked for before item {new}")
        item = held[number] if last[number] > place else held.pop(number)
        yield item
