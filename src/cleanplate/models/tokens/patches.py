"""Videos to tokens and back: cutting latents into patches of space and time."""

from __future__ import annotations

from torch import Tensor

Grid = tuple[int, int, int]
"""Frames, rows and columns of tokens."""


def grid_of(video_BCTHW: Tensor, patch: Grid) -> Grid:
    """The grid of tokens of a video. Raises ValueError where patches do not tile it."""
    frames, rows, columns = video_BCTHW.shape[2:]
    if frames % patch[0] or rows % patch[1] or columns % patch[2]:
        raise ValueError(f"patches of {patch} do not tile a latent of {frames} x {rows} x {columns}")
    return frames // patch[0], rows // patch[1], columns // patch[2]


def to_patches(video_BCTHW: Tensor, patch: Grid) -> Tensor:
    """B x L x P, the samples of a patch in the order channel, frame, row, column: that of a convolution's weight."""
    frames, rows, columns = grid_of(video_BCTHW, patch)
    clips, channels = video_BCTHW.shape[:2]
    cut = video_BCTHW.reshape(clips, channels, frames, patch[0], rows, patch[1], columns, patch[2])
    return cut.permute(0, 2, 4, 6, 1, 3, 5, 7).flatten(4).flatten(1, 3)


def from_patches(patches_BLP: Tensor, grid: Grid, patch: Grid) -> Tensor:
    """The video of these patches, their samples in the order frame, row, column, channel: that of Wan's output."""
    cut = patches_BLP.reshape(patches_BLP.shape[0], *grid, *patch, -1)
    return cut.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6).flatten(4, 5).flatten(2, 3)


def repeated(tokens_THW: Tensor, patch: Grid) -> Tensor:
    """What holds for tokens (frames x rows x columns), for each of their latents."""
    for axis, size in enumerate(patch):
        tokens_THW = tokens_THW.repeat_interleave(size, axis)
    return tokens_THW
