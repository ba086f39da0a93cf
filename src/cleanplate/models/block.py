"""A block of the mixture: joint self-attention, then each branch for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from torch import Tensor, nn

from cleanplate.models.attention import Attend, KeysValues, Projections, attend_jointly
from cleanplate.models.config import MixtureConfig
from cleanplate.models.rotary import Turn
from cleanplate.models.tower import Tower

Tokens = dict[str, Tensor]
"""By branch, B x A x D: those tokens of the branch that are computed."""
Remembered = Mapping[str, Sequence[KeysValues]]
"""By branch: keys and values of earlier calls that are looked at as well."""


class Call(NamedTuple):
    """What is the same for all blocks in one call.

    Attributes:
        time_B6D: the projected time.
        text_BSD: the embedded text.
        at: by branch, the places of its tokens.
        attend: the kernel of the joint attention.
    """

    time_B6D: Tensor
    text_BSD: Tensor
    at: Mapping[str, Turn]
    attend: Attend


class JointBlock(nn.Module):
    """One block: the towers of the branches, and the cross-attention that some of them may share."""

    def __init__(self, config: MixtureConfig) -> None:
        super().__init__()
        self._config = config
        size = (config.dim, config.heads, config.ffn_dim, config.eps)
        text = {config.tower(branch.name): branch.cross_attention for branch in config.branches}
        self.towers = nn.ModuleDict({name: Tower(*size, text[name]) for name in config.towers})
        self.shared_text = Projections(config.dim, config.heads, config.eps) if "shared" in text.values() else None

    def forward(self, tokens: Tokens, call: Call, remembered: Remembered) -> tuple[Tokens, dict[str, KeysValues]]:
        """The tokens after the block, and the keys and values that they had in it."""
        towers = {name: self._tower(name) for name in tokens}
        by = {name: tower.modulation(call.time_B6D) for name, tower in towers.items()}
        seen = {name: tower.look(tokens[name], by[name], call.at[name]) for name, tower in towers.items()}
        attended = self._attended(seen, remembered, call.attend)
        after = {}
        for name, tower in towers.items():
            x_BAD = tower.take(tokens[name], attended[name], by[name])
            after[name] = tower.feed(tower.read(x_BAD, call.text_BSD, self.shared_text), by[name])
        return after, {name: keys_values for name, (_, keys_values) in seen.items()}

    def _attended(
        self, seen: Mapping[str, tuple[Tensor, KeysValues]], remembered: Remembered, attend: Attend
    ) -> dict[str, Tensor]:
        """What each branch's queries find, in the joint sequence or in their own branch alone."""
        queries = {name: query for name, (query, _) in seen.items()}
        pieces = {
            branch.name: [*([seen[branch.name][1]] if branch.name in seen else []), *remembered.get(branch.name, ())]
            for branch in self._config.branches
        }
        if self._config.joint:
            return attend_jointly(attend, queries, [piece for branch in pieces.values() for piece in branch])
        return {name: attend_jointly(attend, {name: query}, pieces[name])[name] for name, query in queries.items()}

    def _tower(self, branch: str) -> Tower:
        return cast(Tower, self.towers[self._config.tower(branch)])
