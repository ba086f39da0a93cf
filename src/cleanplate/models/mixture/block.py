"""A block of the mixture: joint self-attention, then each branch for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from torch import Tensor, nn

from cleanplate.models.mixture.config import MixtureConfig
from cleanplate.models.mixture.tower import Modulation, Tower
from cleanplate.models.tokens.attention import Attend, KeysValues, Projections, Tokens, attend_jointly
from cleanplate.models.tokens.rotary import Turn

Remembered = Mapping[str, Sequence[KeysValues]]
"""By branch: keys and values of earlier calls that are looked at as well."""


class Call(NamedTuple):
    """What is the same for all blocks in one call.

    Attributes:
        time_B6D: the projected time.
        text_BSD: the embedded text; None where no branch reads it.
        at: by branch, the places of its tokens.
        attend: the kernel of the joint attention.
    """

    time_B6D: Tensor
    text_BSD: Tensor | None
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
        attended, seen = self._attended(tokens, by, call, remembered)
        after = {}
        for name, tower in towers.items():
            x_BAD = tower.take(tokens[name], attended[name], by[name])
            after[name] = tower.feed(tower.read(x_BAD, call.text_BSD, self.shared_text), by[name])
        return after, seen

    def _attended(
        self, tokens: Tokens, by: Mapping[str, Modulation], call: Call, remembered: Remembered
    ) -> tuple[dict[str, Tensor], dict[str, KeysValues]]:
        """What each branch's queries find, in the joint sequence or in their own branch alone; and its own keys."""
        looks = {name: self._tower(name).look(x_BAD, by[name], call.at[name]) for name, x_BAD in tokens.items()}
        queries = {name: query for name, (query, _) in looks.items()}
        seen = {name: keys_values for name, (_, keys_values) in looks.items()}
        pieces = {
            branch.name: [*([seen[branch.name]] if branch.name in seen else []), *remembered.get(branch.name, ())]
            for branch in self._config.branches
        }
        if self._config.joint:
            joined = [piece for branch in pieces.values() for piece in branch]
            return attend_jointly(call.attend, queries, joined), seen
        return {
            name: attend_jointly(call.attend, {name: query}, pieces[name])[name] for name, query in queries.items()
        }, seen

    def _tower(self, branch: str) -> Tower:
        return cast(Tower, self.towers[self._config.tower(branch)])
