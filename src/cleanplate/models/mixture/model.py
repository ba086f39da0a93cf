"""The mixture of transformers: one Wan-shaped diffusion transformer with one branch or more.

With one branch and no condition it is Wan2.1's text-to-video transformer. With three it is Vera (arXiv 2606.23610):
edit, alpha and composite are denoised together, each with weights of its own; in every block their tokens attend to
each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from cleanplate.models.mixture.block import Call, JointBlock
from cleanplate.models.mixture.config import MixtureConfig
from cleanplate.models.mixture.embeddings import TextEmbedder, TimeEmbedder, places, pooled
from cleanplate.models.mixture.tower import layer_norm
from cleanplate.models.running.transformer import Transformer
from cleanplate.models.sparse.residuals import Residuals
from cleanplate.models.tokens.attention import Tokens, attend
from cleanplate.models.tokens.memory import Memory, Share
from cleanplate.models.tokens.patches import Grid, from_patches, grid_of, to_patches
from cleanplate.models.tokens.rotary import Turn, turns

_ALL = Share()


class PatchEmbedding(nn.Module):
    """Patches to tokens. The weight has the shape of Wan's convolution; zeros at first."""

    def __init__(self, config: MixtureConfig, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(config.dim, channels, *config.patch))
        self.bias = nn.Parameter(torch.zeros(config.dim))

    def forward(self, patches_BAP: Tensor) -> Tensor:
        return functional.linear(patches_BAP, self.weight.flatten(1), self.bias)


class Head(nn.Module):
    """Tokens to patches of the prediction."""

    def __init__(self, config: MixtureConfig) -> None:
        super().__init__()
        self._eps = config.eps
        self.scale_shift_table = nn.Parameter(torch.zeros(1, 2, config.dim))
        self.projection = nn.Linear(config.dim, config.patch_samples)

    def forward(self, x_BAD: Tensor, time_BD: Tensor) -> Tensor:
        shift, scale = (self.scale_shift_table.float() + time_BD[:, None]).chunk(2, dim=1)
        normed = (layer_norm(x_BAD, self._eps) * (1 + scale) + shift).type_as(x_BAD)
        patches: Tensor = self.projection(normed)
        return patches


class Mixture(Transformer):
    """The transformer. Its weights are zeros or torch's defaults until `initialise` or a loader has filled them.

    Attributes:
        checkpointing: blocks are computed again on the way back instead of being kept.
    """

    def __init__(self, config: MixtureConfig) -> None:
        super().__init__()
        self.config = config
        self.attend = attend
        self.checkpointing = False
        self.crew = None
        self.text_embedder = TextEmbedder(config.text_dim, config.dim) if config.reads else None
        self.time_embedder = TimeEmbedder(config.frequency_dim, config.dim)
        self.time_projection = nn.Linear(config.dim, 6 * config.dim)
        self.inputs = nn.ModuleDict({name: PatchEmbedding(config, config.channels) for name in config.towers})
        self.conditions = nn.ModuleDict({name: PatchEmbedding(config, config.told) for name in config.conditions})
        told = config.towers if config.waves else ()
        self.places = nn.ModuleDict({name: nn.Linear(6 * config.waves, config.dim) for name in told})
        self.layer_embeddings = nn.ParameterDict(
            {branch.name: torch.zeros(config.dim) for branch in config.branches if branch.layer_embedding}
        )
        self.blocks = nn.ModuleList(JointBlock(config) for _ in range(config.layers))
        self.outputs = nn.ModuleDict({name: Head(config) for name in config.towers})

    def forward(
        self,
        videos: Mapping[str, Tensor],
        time_B: Tensor,
        text_BSD: Tensor | None,
        conditions: Mapping[str, Tensor] | None = None,
        *,
        present: Mapping[str, Tensor] | None = None,
        shares: Mapping[str, Share] | None = None,
        memory: Memory | None = None,
        residuals: Residuals | None = None,
    ) -> dict[str, Tensor]:
        """What the model predicts for every branch.

        Args:
            videos: the noisy latents of every branch, B x C x T x H x W, all of one shape.
            time_B: 0..1000.
            text_BSD: the text encoder's output, as many tokens as it has been padded to; None where no branch reads.
            conditions: latents of the same shape, but for channels, whose tokens are added, by name. One that is left
                out adds nothing.
            present: by condition, B bool: of the other clips nothing is added.
            shares: by branch, which tokens take part; all of a branch that is not named.
            memory: what shares store into and recall from.
            residuals: of earlier calls, instead of which blocks may not run.

        Returns:
            By branch, B x C x T x H x W; zeros at tokens that were not computed. A branch without any is left out.

        Raises:
            ValueError: branches or conditions that the config does not name, shapes that do not fit, or nothing to do.
            KeyError: a share recalls what no call has stored.
        """
        conditions, present, shares = conditions or {}, present or {}, shares or {}
        memory = Memory() if memory is None else memory
        grid = self._checked(videos, conditions, text_BSD)
        shares = {name: shares.get(name, _ALL) for name in videos}
        if self.crew is not None:
            shares = self.crew.split(shares, dict.fromkeys(shares, grid[0] * grid[1] * grid[2]), time_B.device)
        turned = turns(grid, self.config.head_dim, time_B.device)
        told: dict[str, Tensor] = {}
        tokens = {
            name: self._tokens(name, video, conditions, present, shares[name].asked, told=told)
            for name, video in videos.items()
            if not shares[name].idle
        }
        if not tokens:
            raise ValueError("no branch computes anything")
        like = next(iter(tokens.values())) if text_BSD is None else text_BSD
        time_BD, time_B6D, text_BSD = self._embedded(time_B, text_BSD, like.dtype)
        attention = self.attend if self.crew is None else self.crew.attention(self.attend)
        call = Call(time_B6D, text_BSD, {name: _at(turned, shares[name].asked) for name in tokens}, attention)
        if residuals is None:
            tokens = self._through(range(len(self.blocks)), tokens, call, shares, memory)
        else:
            time = float(time_B[0])
            tokens = self._abridged(tokens, call, shares, memory, residuals=residuals, time=time)
        answers = {name: self._video(name, x, time_BD, grid, shares[name].asked) for name, x in tokens.items()}
        return answers if self.crew is None else self.crew.joined(answers)

    def _abridged(
        self,
        tokens: Tokens,
        call: Call,
        shares: Mapping[str, Share],
        memory: Memory,
        *,
        residuals: Residuals,
        time: float,
    ) -> Tokens:
        """The tokens after the last block, by earlier calls where these tell enough."""
        total = torch.clone if self.crew is None else self.crew.total
        led = self._through(range(residuals.leading), tokens, call, shares, memory)
        after = residuals.guessed(tokens, led, shares, time, total)
        if after is None:
            after = self._through(range(residuals.leading, len(self.blocks)), led, call, shares, memory)
            residuals.record(tokens, led, after, shares, time)
        return after

    def _through(
        self, blocks: range, tokens: Tokens, call: Call, shares: Mapping[str, Share], memory: Memory
    ) -> Tokens:
        """The tokens after these blocks; what shares store is left in the memory."""
        for index in blocks:
            tokens = self._block(index, tokens, call, shares, memory)
        return tokens

    def _block(self, index: int, tokens: Tokens, call: Call, shares: Mapping[str, Share], memory: Memory) -> Tokens:
        """The tokens after one block. Nothing else of it stays alive but what goes into the memory."""
        remembered = {name: memory.recall(index, name, share) for name, share in shares.items()}
        again = self.checkpointing and torch.is_grad_enabled()
        block = self.blocks[index]
        run = partial(checkpoint, block, use_reentrant=False) if again else block
        tokens, seen = run(tokens, call, remembered)
        for name, keys_values in seen.items():
            memory.store(index, name, shares[name], keys_values)
        return tokens

    def _checked(self, videos: Mapping[str, Tensor], conditions: Mapping[str, Tensor], text_BSD: Tensor | None) -> Grid:
        names = tuple(branch.name for branch in self.config.branches)
        if set(videos) != set(names):
            raise ValueError(f"the branches are {', '.join(names)}; got {', '.join(videos)}")
        if unknown := set(conditions) - set(self.config.conditions):
            raise ValueError(f"no branch takes the condition {', '.join(sorted(unknown))}")
        clips, _, *size = first = tuple(videos[names[0]].shape)
        wanted = dict.fromkeys(videos, first) | dict.fromkeys(conditions, (clips, self.config.told, *size))
        if wanted != (given := {name: tuple(video.shape) for name, video in (*videos.items(), *conditions.items())}):
            raise ValueError(f"branches and conditions differ in shape: {given}")
        if (text_BSD is None) == self.config.reads:
            raise ValueError("a text belongs to a model that reads it")
        return grid_of(videos[names[0]], self.config.patch)

    def _embedded(
        self, time_B: Tensor, text_BSD: Tensor | None, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """The time as B x D and, for the blocks, as B x 6 x D; the text as B x S x D."""
        time_BD: Tensor = self.time_embedder(time_B).to(dtype)
        embedder = self.text_embedder
        text = None if embedder is None or text_BSD is None else embedder(text_BSD)
        if self.config.pooled and text is not None and text_BSD is not None:
            time_BD = time_BD + pooled(text, text_BSD.any(dim=-1))
        time_B6D: Tensor = self.time_projection(functional.silu(time_BD)).reshape(len(time_BD), 6, -1)
        return time_BD, time_B6D, text

    def _tokens(
        self,
        branch: str,
        video: Tensor,
        conditions: Mapping[str, Tensor],
        present: Mapping[str, Tensor],
        asked: Tensor | None,
        *,
        told: dict[str, Tensor],
    ) -> Tensor:
        """A branch's tokens with what is added to them; B x A x D. Whole conditions are left in `told` for others."""
        tower = self.config.tower(branch)
        x_BAD: Tensor = self.inputs[tower](self._patches(video, asked))
        if tower in self.places:
            where_LP = places(grid_of(video, self.config.patch), self.config.waves, video.device).type_as(x_BAD)
            x_BAD = x_BAD + self.places[tower](where_LP if asked is None else where_LP[asked])
        for condition in self.config.branch(branch).told:
            if condition in conditions:
                added = told.get(condition) if asked is None else None
                if added is None:
                    added = self.conditions[condition](self._patches(conditions[condition], asked))
                if asked is None:
                    told[condition] = added
                x_BAD = x_BAD + (added * present[condition][:, None, None] if condition in present else added)
        return x_BAD + self.layer_embeddings[branch] if branch in self.layer_embeddings else x_BAD

    def _patches(self, video: Tensor, asked: Tensor | None) -> Tensor:
        patches_BLP = to_patches(video, self.config.patch)
        return patches_BLP if asked is None else patches_BLP[:, asked]

    def _video(self, branch: str, x_BAD: Tensor, time_BD: Tensor, grid: Grid, asked: Tensor | None) -> Tensor:
        patches: Tensor = cast(Head, self.outputs[self.config.tower(branch)])(x_BAD, time_BD)
        if asked is not None:
            everywhere = patches.new_zeros(patches.shape[0], grid[0] * grid[1] * grid[2], patches.shape[2])
            patches = everywhere.index_copy(1, asked, patches)
        return from_patches(patches, grid, self.config.patch)


def _at(turned: Turn, asked: Tensor | None) -> Turn:
    return turned if asked is None else (turned[0][asked], turned[1][asked])


def skeleton(config: MixtureConfig) -> Mixture:
    """The model on the meta device: every shape, no memory."""
    with torch.device("meta"):
        return Mixture(config)
