"""One call on several processes: each has a part of every branch's tokens, and in attention a part of the heads.

After Ulysses (arXiv 2309.14509): before attention an exchange gives every process all tokens of its heads, after it
another gives back all heads of its tokens. Keys and values that outlive a call are divided as the tokens are. Every
process has the whole transformer, is asked the same and answers the same. For sampling; gradients do not pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
import torch.distributed as dist
from torch import Tensor

from cleanplate.errors import UsageError
from cleanplate.models.tokens.attention import Attend
from cleanplate.models.tokens.memory import Share


class Crew:
    """The processes that share a call.

    Args:
        heads: of the model.
        group: of processes; None for all.

    Raises:
        UsageError: the number of processes does not divide that of heads.
    """

    def __init__(self, heads: int, group: dist.ProcessGroup | None = None) -> None:
        self._group = group
        self._kernels: dict[Attend, Attend] = {}
        self.size, self.rank = dist.get_world_size(group), dist.get_rank(group)
        if heads % self.size:
            fitting = ", ".join(str(size) for size in range(1, heads + 1) if heads % size == 0)
            raise UsageError(
                f"{heads} heads cannot be divided among {self.size} processes", remedy=f"Start one of: {fitting}."
            )

    def split(self, shares: Mapping[str, Share], tokens: Mapping[str, int], device: torch.device) -> dict[str, Share]:
        """This process's part of every share.

        What is stored under a name is divided by itself, so that later calls find their part of it here.

        Args:
            shares: by branch.
            tokens: by branch, in all.
            device: of their indices.

        Raises:
            ValueError: a branch asks for fewer tokens than there are processes.
        """
        parts = {}
        for name, share in shares.items():
            asked = torch.arange(tokens[name], device=device) if share.asked is None else share.asked
            if 0 < len(asked) < self.size:
                raise ValueError(f"{len(asked)} tokens of '{name}' are too few for {self.size} processes")
            parts[name] = self._part(share, asked)
        return parts

    def attention(self, attend: Attend) -> Attend:
        """A kernel for this process's tokens that lets them look at everybody's; always the same for the same one."""

        def kernel(q_BANE: Tensor, k_BKNE: Tensor, v_BKNE: Tensor) -> Tensor:
            own = torch.tensor([q_BANE.shape[1], k_BKNE.shape[1]], device=q_BANE.device)
            queries, keys = torch.stack(self._gathered(own)).T.tolist()
            q = self._to_heads(q_BANE, queries)
            k, v = (self._to_heads(part, keys) for part in (k_BKNE, v_BKNE))
            return self._to_tokens(attend(q, k, v), queries)

        return self._kernels.setdefault(attend, kernel)

    def total(self, x: Tensor) -> Tensor:
        """The sum over the processes, in one order everywhere, so that all get the same bits."""
        return torch.stack(self._gathered(x)).sum(dim=0)

    def joined(self, videos: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The whole answers, of parts that are zero where another process answers."""
        for video in videos.values():
            dist.all_reduce(video, group=self._group)
        return dict(videos)

    def _part(self, share: Share, asked: Tensor) -> Share:
        bounds = sorted({0, len(asked)} | {end for part in share.stored.values() for end in _ends(part, len(asked))})
        mine, starts = [asked[:0]], {0: 0}
        for start, stop in pairwise(bounds):
            mine.append(asked[start:stop].tensor_split(self.size)[self.rank])
            starts[stop] = starts[start] + len(mine[-1])
        stored = {}
        for name, part in share.stored.items():
            start, stop = _ends(part, len(asked))
            stored[name] = slice(starts[start], starts[stop])
        return Share(torch.cat(mine), stored, share.recalled)

    def _gathered(self, x: Tensor) -> list[Tensor]:
        parts = [torch.empty_like(x) for _ in range(self.size)]
        dist.all_gather(parts, x, group=self._group)
        return parts

    def _to_heads(self, x_BANE: Tensor, lengths: list[int]) -> Tensor:
        """From all heads of this process's tokens to all tokens of its heads."""
        clips, own, heads, channels = x_BANE.shape
        by_process = x_BANE.reshape(clips, own, self.size, heads // self.size, channels)
        outgoing = by_process.permute(2, 1, 0, 3, 4).flatten(0, 1)
        incoming = self._exchanged(outgoing, [own] * self.size, lengths)
        return incoming.view(sum(lengths), clips, heads // self.size, channels).transpose(0, 1)

    def _to_tokens(self, x_BANE: Tensor, lengths: list[int]) -> Tensor:
        """Back."""
        own = lengths[self.rank]
        incoming = self._exchanged(x_BANE.transpose(0, 1), lengths, [own] * self.size)
        return incoming.view(self.size, own, *incoming.shape[1:]).permute(2, 1, 0, 3, 4).flatten(2, 3)

    def _exchanged(self, outgoing: Tensor, sent: list[int], received: list[int]) -> Tensor:
        """So many rows to each process, so many from each."""
        incoming = outgoing.new_empty(sum(received), *outgoing.shape[1:])
        dist.all_to_all_single(incoming, outgoing.contiguous(), received, sent, group=self._group)
        return incoming


def _ends(part: slice, length: int) -> tuple[int, int]:
    start, stop, _ = part.indices(length)
    return start, max(start, stop)
