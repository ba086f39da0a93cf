"""What the blocks added to the tokens in the last full calls, and what they would add now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor

from cleanplate.models.sparse.caching import Caching
from cleanplate.models.tokens.attention import Tokens
from cleanplate.models.tokens.memory import Share

Total = Callable[[Tensor], Tensor]
"""The sum over all processes that share the tokens; every one of them gets the same bits."""


@dataclass(frozen=True)
class Full:
    """A call in which all blocks ran.

    Attributes:
        time: that the model was told.
        asked: by branch, which tokens; None for all.
        first: by branch, what the leading blocks added.
        rest: by branch, what the others added.
    """

    time: float
    asked: Mapping[str, Tensor | None]
    first: Tokens
    rest: Tokens


class Residuals:
    """Serves one prompt of one clip, as a memory does.

    A call that leaves keys and values in the memory is always full: blocks that do not run have none to leave.

    Attributes:
        calls, skipped: so far; in the latter only the leading blocks ran.
    """

    def __init__(self, caching: Caching) -> None:
        self._caching = caching
        self._past: list[Full] = []
        self._row = 0
        self.calls, self.skipped = 0, 0

    @property
    def leading(self) -> int:
        """Blocks that run in every call."""
        return self._caching.leading

    def guessed(
        self, before: Tokens, led: Tokens, shares: Mapping[str, Share], time: float, total: Total
    ) -> Tokens | None:
        """The tokens after the last block, or None where it has to be found out.

        Args:
            before: the tokens, as they come into the first block.
            led: after the leading blocks.
            shares: by branch.
            time: that the model is told.
            total: see `Total`.
        """
        self.calls += 1
        stored = any(share.stored for share in shares.values())
        if stored or self.calls <= self._caching.warmup or self._row >= self._caching.skips:
            return None
        self._past = [narrow for full in self._past if (narrow := _narrowed(full, led, shares)) is not None]
        if not self._past or not self._alike(before, led, total):
            return None
        self._row += 1
        self.skipped += 1
        factors = polynomial([full.time for full in self._past], time)
        return {name: self._carried(x_BAD, name, factors) for name, x_BAD in led.items()}

    def record(self, before: Tokens, led: Tokens, after: Tokens, shares: Mapping[str, Share], time: float) -> None:
        """Keep what a full call added."""
        asked = {name: shares[name].asked for name in led}
        first = {name: led[name] - before[name] for name in led} if self.leading else {}
        full = Full(time, asked, first, {name: after[name] - led[name] for name in led})
        earlier = [replace(past, first={}) for past in self._past if past.time != time]
        self._past = [*earlier, full][-1 - self._caching.order :]
        self._row = 0

    def part(self, clips: slice) -> Residuals:
        """Those of some clips of the batch; what was skipped before is not counted again."""
        part = Residuals(self._caching)
        part.calls, part._row = self.calls, self._row
        for full in self._past:
            first, rest = ({name: x[clips] for name, x in added.items()} for added in (full.first, full.rest))
            part._past.append(replace(full, first=first, rest=rest))
        return part

    def _alike(self, before: Tokens, led: Tokens, total: Total) -> bool:
        if self._caching.threshold is None:
            return True
        change, size = total(_change(before, led, self._past[-1].first)).tolist()
        return bool(change < self._caching.threshold * size)

    def _carried(self, x_BAD: Tensor, name: str, factors: list[float]) -> Tensor:
        carried = x_BAD.float()
        for factor, full in zip(factors, self._past, strict=True):
            carried = carried + factor * full.rest[name].float()
        return carried.type_as(x_BAD)


def polynomial(times: list[float], at: float) -> list[float]:
    """Lagrange's factors: the values at `times` times these sum to what the polynomial through them has at `at`."""
    return [prod((at - other) / (time - other) for other in times if other != time) for time in times]


def rows(have: Tensor | None, want: Tensor | None) -> Tensor | None:
    """Where the wanted tokens stand among those had (None: all, in order); None where one of them is missing."""
    if have is None or want is None:
        return want if have is None else None
    order = have.argsort()
    found = order[torch.searchsorted(have, want, sorter=order).clamp(max=len(have) - 1)]
    return found if torch.equal(have[found], want) else None


def _change(before: Tokens, led: Tokens, first: Tokens) -> Tensor:
    """By how much the leading blocks' addition differs from an earlier one, and how large that was; sums, float64."""
    pairs = [((led[name] - before[name]).float(), first[name].float()) for name in led]
    changes = torch.stack([(now - then).abs().sum(dtype=torch.float64) for now, then in pairs])
    sizes = torch.stack([then.abs().sum(dtype=torch.float64) for _, then in pairs])
    return torch.stack((changes.sum(), sizes.sum()))


def _narrowed(full: Full, led: Tokens, shares: Mapping[str, Share]) -> Full | None:
    """What a full call had of the tokens that are asked now; None where it lacks some."""
    asked, first, rest = {}, {}, {}
    for name, x_BAD in led.items():
        have, want = full.asked.get(name), shares[name].asked
        if name not in full.rest or len(full.rest[name]) != len(x_BAD):
            return None
        same = have is want or (have is not None and want is not None and torch.equal(have, want))
        found = None if same else rows(have, want)
        if not same and found is None:
            return None
        asked[name] = want
        rest[name] = full.rest[name] if found is None else full.rest[name][:, found]
        if name in full.first:
            first[name] = full.first[name] if found is None else full.first[name][:, found]
    return Full(full.time, asked, first, rest)
