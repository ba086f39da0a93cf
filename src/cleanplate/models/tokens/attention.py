"""Attention with the norms of Wan2.1: RMS over all channels of queries and keys, before they are split into heads."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.tokens.rotary import Turn, turn

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Queries B x A x N x E, keys and values B x K x N x E to B x A x N x E."""
Tokens = dict[str, Tensor]
"""By branch, B x A x D: those tokens of the branch that are computed."""
KeysValues = tuple[Tensor, Tensor]
"""Both B x K x N x E, keys turned to their places already."""


def attend(q_BANE: Tensor, k_BKNE: Tensor, v_BKNE: Tensor) -> Tensor:
    """Softmax attention by torch's own kernels; B x A x N x E."""
    q, k, v = (part.transpose(1, 2) for part in (q_BANE, k_BKNE, v_BKNE))
    return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2)


def attend_jointly(attend: Attend, queries: dict[str, Tensor], keys_values: list[KeysValues]) -> dict[str, Tensor]:
    """The branches' tokens as one sequence: all queries over all keys, and back by branch.

    Args:
        attend: the kernel.
        queries: by branch.
        keys_values: pieces of the one sequence of keys, in any order.
    """
    keys, values = (torch.cat(parts, dim=1) for parts in zip(*keys_values, strict=True))
    attended = attend(torch.cat(list(queries.values()), dim=1), keys, values)
    parts = torch.split(attended, [query.shape[1] for query in queries.values()], dim=1)
    return dict(zip(queries, parts, strict=True))


class Projections(nn.Module):
    """The weights of one attention: to queries, keys and values, their norms, and back out."""

    def __init__(self, dim: int, heads: int, eps: float) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(dim, dim)
        self.to_k = nn.Linear(dim, dim)
        self.to_v = nn.Linear(dim, dim)
        self.to_out = nn.Linear(dim, dim)
        self.norm_q = nn.RMSNorm(dim, eps=eps)
        self.norm_k = nn.RMSNorm(dim, eps=eps)

    def queries(self, x_BAD: Tensor, at: Turn | None = None) -> Tensor:
        """B x A x N x E, turned to their places where these are given."""
        q_BANE: Tensor = self.norm_q(self.to_q(x_BAD)).unflatten(2, (self.heads, -1))
        return q_BANE if at is None else turn(q_BANE, at)

    def keys_values(self, x_BKD: Tensor, at: Turn | None = None) -> KeysValues:
        """Both B x K x N x E; the keys turned to their places where these are given."""
        k_BKNE: Tensor = self.norm_k(self.to_k(x_BKD)).unflatten(2, (self.heads, -1))
        v_BKNE: Tensor = self.to_v(x_BKD).unflatten(2, (self.heads, -1))
        return (k_BKNE if at is None else turn(k_BKNE, at)), v_BKNE

    def out(self, x_BANE: Tensor) -> Tensor:
        """Heads joined and projected; B x A x D."""
        projected: Tensor = self.to_out(x_BANE.flatten(2))
        return projected
