"""From a picture to features at an eighth of its size (Teed & Deng, ECCV 2020, section 3.1 and figure 9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from torch import Tensor, nn

Norm = Callable[[int], nn.Module]
"""Makes a normalisation of so many channels."""
_WIDTHS = (64, 96, 128)
"""Channels at a half, a quarter and an eighth of the picture's size."""


class Encoder(nn.Module):
    """Residual blocks at three sizes. Tensors are named as torchvision names them.

    Args:
        channels: of what comes out.
        norm: after every convolution but the last.
    """

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        first, second, third = _WIDTHS
        self.convnormrelu = _convolved(3, first, 7, norm, stride=2)
        self.layer1 = nn.Sequential(_Block(first, first, norm), _Block(first, first, norm))
        self.layer2 = nn.Sequential(_Block(first, second, norm, stride=2), _Block(second, second, norm))
        self.layer3 = nn.Sequential(_Block(second, third, norm, stride=2), _Block(third, third, norm))
        self.conv = nn.Conv2d(third, channels, 1)

    def forward(self, picture_B3HW: Tensor) -> Tensor:
        """Features, B x `channels` x H/8 x W/8, of pictures in -1..1."""
        half = self.layer1(self.convnormrelu(picture_B3HW))
        return cast(Tensor, self.conv(self.layer3(self.layer2(half))))


class _Block(nn.Module):
    """Two convolutions beside a way round them, which is a projection where the size changes."""

    def __init__(self, before: int, after: int, norm: Norm, *, stride: int = 1) -> None:
        super().__init__()
        self.convnormrelu1 = _convolved(before, after, 3, norm, stride=stride)
        self.convnormrelu2 = _convolved(after, after, 3, norm)
        projected = nn.Sequential(nn.Conv2d(before, after, 1, stride=stride), norm(after))
        self.downsample = nn.Identity() if stride == 1 else projected

    def forward(self, features_BCHW: Tensor) -> Tensor:
        inside = self.convnormrelu2(self.convnormrelu1(features_BCHW))
        return cast(Tensor, (self.downsample(features_BCHW) + inside).relu())


def _convolved(before: int, after: int, size: int, norm: Norm, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, size, stride, padding=size // 2), norm(after), nn.ReLU())
