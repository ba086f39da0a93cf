"""What a mixture of transformers is made of. Read without torch, so that models can be listed anywhere."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[int, Field(gt=0)]
CrossAttention = Literal["own", "shared", "none"]


class Branch(BaseModel):
    """One of the videos that are denoised together.

    Attributes:
        name: of its input and output; part of its weights' names.
        cross_attention: to the text, through weights of its own, through the one set of all branches with `shared`
            (the norm before it is each one's own), or not at all.
        layer_embedding: a learned vector, zero at first, is added to its tokens.
        condition: name of a video whose tokens are added to its own, or None.
        hints: conditions of other branches, or of none, whose tokens are added as well. None in the paper, where they
            reach this branch by attention alone; small models that start from nothing learn sooner with some.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern="^[a-z][a-z_]*$")]
    cross_attention: CrossAttention = "own"
    layer_embedding: bool = False
    condition: str | None = None
    hints: tuple[str, ...] = Field(default=(), exclude_if=lambda hints: not hints)

    @property
    def told(self) -> tuple[str, ...]:
        """All conditions whose tokens are added to its own."""
        return ((self.condition,) if self.condition else ()) + self.hints


class MixtureConfig(BaseModel):
    """A Wan-shaped diffusion transformer with one branch or more.

    Attributes:
        branches: in the order in which their tokens are joined.
        dim: channels of a token; `heads` divides it, and a head's channels are even and six at least.
        layers: blocks.
        ffn_dim: inner channels of the feed-forwards.
        channels: of the latent videos.
        unowned: conditions that are no branch's own, and that hints name.
        condition_channels: of conditions; as many as the latent videos have where it is None.
        patch: frames, rows and columns of a latent that make a token.
        text_dim: channels of the text encoder's output.
        frequency_dim: channels of the sinusoid that embeds the time; even.
        waves: frequencies in which a token is told where in the clip it is, beside the rotation, which tells only how
            far tokens are apart; none in Wan. Small models that start from nothing learn places sooner with some.
        pooled: the words' tokens, all together, are added to the embedded time, and so reach every token by its
            modulation too; in Wan they are read by attention alone. Small models learn sooner what is asked.
        joint: the branches attend to each other. Without it each attends to itself (an ablation of the paper).
        one_tower: the branches share one set of weights (another); layer embeddings and conditions tell them apart.
        eps: of every norm.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    branches: Annotated[tuple[Branch, ...], Field(min_length=1)]
    dim: Positive
    layers: Positive
    heads: Positive
    ffn_dim: Positive
    channels: Positive = 16
    unowned: tuple[str, ...] = Field(default=(), exclude_if=lambda names: not names)
    condition_channels: Positive | None = None
    patch: tuple[Positive, Positive, Positive] = (1, 2, 2)
    text_dim: Positive = 4096
    frequency_dim: Annotated[int, Field(gt=0, multiple_of=2)] = 256
    waves: Annotated[int, Field(ge=0, le=16)] = 0
    pooled: bool = Field(default=False, exclude_if=lambda pooled: not pooled)
    joint: bool = True
    one_tower: bool = False
    eps: Annotated[float, Field(gt=0)] = 1e-6

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.dim % self.heads or self.head_dim % 2 or self.head_dim < 6:
            raise ValueError(f"{self.heads} heads do not divide {self.dim} channels into even parts of six or more")
        names = [branch.name for branch in self.branches]
        if len(set(names)) < len(names):
            raise ValueError(f"two branches have one name: {', '.join(names)}")
        if unknown := {hint for branch in self.branches for hint in branch.hints} - set(self.conditions):
            raise ValueError(f"no branch has the condition {', '.join(sorted(unknown))}")
        if self.one_tower and len({branch.cross_attention for branch in self.branches}) > 1:
            raise ValueError("branches of one tower read the text in one way")
        return self

    @property
    def head_dim(self) -> int:
        """Channels of a head."""
        return self.dim // self.heads

    @property
    def patch_samples(self) -> int:
        """Samples of a latent that make a token."""
        return self.channels * math.prod(self.patch)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the videos that may be added, in the order of their branches."""
        return (*(branch.condition for branch in self.branches if branch.condition is not None), *self.unowned)

    @property
    def told(self) -> int:
        """Channels of a condition."""
        return self.condition_channels or self.channels

    @property
    def reads(self) -> bool:
        """Whether any branch reads the text."""
        return any(branch.cross_attention != "none" for branch in self.branches)

    @property
    def towers(self) -> tuple[str, ...]:
        """Names of the sets of weights: the branches', or the one that they share."""
        return ("all",) if self.one_tower else tuple(branch.name for branch in self.branches)

    def tower(self, branch: str) -> str:
        """The set of weights that a branch uses."""
        return "all" if self.one_tower else branch

    def branch(self, name: str) -> Branch:
        """The branch of that name."""
        return next(branch for branch in self.branches if branch.name == name)


def plain(**geometry: int) -> MixtureConfig:
    """A transformer of one branch: with Wan's geometry, Wan2.1's own."""
    return MixtureConfig.model_validate({"branches": (Branch(name="video"),), **geometry})


def moving(patch: tuple[int, int, int] = (1, 2, 2), **geometry: int) -> MixtureConfig:
    """One branch that reads no text and is told of a scene by its condition: what moves where (void-nano)."""
    branch = Branch(name="moves", cross_attention="none", condition="scene")
    return MixtureConfig.model_validate({"branches": (branch,), "patch": patch, **geometry})


def layered(cross_attention: CrossAttention = "none", **geometry: int) -> MixtureConfig:
    """Vera's three branches.

    Args:
        cross_attention: of the alpha branch; `shared` is with the edit branch.
        geometry: fields of the config.
    """
    branches = (
        Branch(name="edit", cross_attention="shared" if cross_attention == "shared" else "own"),
        Branch(name="alpha", cross_attention=cross_attention, layer_embedding=True, condition="preserve"),
        Branch(name="composite", layer_embedding=True, condition="source"),
    )
    return MixtureConfig.model_validate({"branches": branches, **geometry})
