"""Which tokens take part in a call, and keys and values that outlive it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from cleanplate.models.tokens.attention import KeysValues


@dataclass(frozen=True)
class Share:
    """What of a branch takes part in a call.

    Attributes:
        asked: indices of the tokens that are computed, in any order and each once; None for all. They are keys as well.
        stored: which of these (a slice of `asked`) leave their keys and values in the memory, under which names.
        recalled: names under which keys and values lie in the memory that this call looks at besides.
    """

    asked: Tensor | None = None
    stored: Mapping[str, slice] = field(default_factory=dict)
    recalled: tuple[str, ...] = ()

    @property
    def idle(self) -> bool:
        """No token of the branch is computed."""
        return self.asked is not None and self.asked.numel() == 0


Keep = Callable[[Tensor, str], Tensor]
"""How a part of a call's tensor outlives the call, under a name that is its own; a later one takes its place."""


def in_view(part: Tensor, _: str) -> Tensor:
    """As it is: what it is a part of outlives the call too."""
    return part.detach()


def in_copy(part: Tensor, _: str) -> Tensor:
    """By itself."""
    return part.detach().clone()


class Memory:
    """Keys and values by block, branch and name. One memory serves one prompt of one clip."""

    def __init__(self, keep: Keep = in_view) -> None:
        self._keep = keep
        self._kept: dict[tuple[int, str, str], KeysValues] = {}

    def store(self, block: int, branch: str, share: Share, keys_values: KeysValues) -> None:
        """Keep what the share says, in place of what had that name."""
        keys, values = keys_values
        for name, part in share.stored.items():
            place = f"{block}-{branch}-{name}"
            self._kept[block, branch, name] = (
                self._keep(keys[:, part], f"{place}-keys"),
                self._keep(values[:, part], f"{place}-values"),
            )

    def recall(self, block: int, branch: str, share: Share) -> list[KeysValues]:
        """What the share asks for. Raises KeyError where no earlier call has stored it."""
        return [self._kept[block, branch, name] for name in share.recalled]

    def part(self, clips: slice) -> Memory:
        """What is kept of some clips of the batch."""
        part = Memory()
        part._kept = {key: (keys[clips], values[clips]) for key, (keys, values) in self._kept.items()}
        return part

    @property
    def bytes(self) -> int:
        """What is kept."""
        return sum(part.numel() * part.element_size() for kept in self._kept.values() for part in kept)
