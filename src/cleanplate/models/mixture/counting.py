"""How large a model is, without making it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cleanplate.errors import missing_extra
from cleanplate.models.mixture.config import MixtureConfig


@dataclass(frozen=True)
class Tensor:
    """One row of a model's list of tensors."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Size:
    """Attributes: all tensors in the model's order, and parameters by branch; "shared" for what is no branch's own."""

    tensors: tuple[Tensor, ...]
    by_branch: Counter[str]

    @property
    def parameters(self) -> int:
        """All of them."""
        return sum(self.by_branch.values())


def size_of(config: MixtureConfig) -> Size:
    """Count on torch's meta device. Raises ResourceError without torch."""
    try:
        from cleanplate.models.mixture.model import skeleton
    except ImportError as error:
        raise missing_extra(error.name or "torch", "learned") from error
    tensors, by_branch = [], Counter[str]()
    for name, parameter in skeleton(config).named_parameters():
        tensors.append(Tensor(name, tuple(parameter.shape)))
        by_branch[_owner(name, config)] += parameter.numel()
    return Size(tuple(tensors), by_branch)


def _owner(name: str, config: MixtureConfig) -> str:
    """The branch whose own a tensor is."""
    words = set(name.split("."))
    owners = (branch.name for branch in config.branches if {branch.name, branch.condition} & words)
    return next(owners, "shared")
