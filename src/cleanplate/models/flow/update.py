"""The step that is taken again and again: what is seen, into a change of the flow (Teed & Deng, section 3.3)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from cleanplate.models.flow.geometry import HIDDEN, SEEN


class Update(nn.Module):
    """One step. Tensors are named as torchvision names them."""

    def __init__(self) -> None:
        super().__init__()
        self.motion_encoder = _Motion()
        self.recurrent_block = _Recurrent()
        self.flow_head = _Head()

    def forward(
        self, hidden_BCHW: Tensor, context_BCHW: Tensor, seen_BKHW: Tensor, flow_B2HW: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The next hidden state, and what is added to the flow."""
        motion = self.motion_encoder(flow_B2HW, seen_BKHW)
        hidden = self.recurrent_block(hidden_BCHW, torch.cat([context_BCHW, motion], dim=1))
        return hidden, self.flow_head(hidden)


class _Motion(nn.Module):
    """What is seen and the flow so far, as 126 channels and the flow itself."""

    def __init__(self) -> None:
        super().__init__()
        self.convcorr1 = _convolved(SEEN, 256, 1)
        self.convcorr2 = _convolved(256, 192, 3)
        self.convflow1 = _convolved(2, 128, 7)
        self.convflow2 = _convolved(128, 64, 3)
        self.conv = _convolved(192 + 64, HIDDEN - 2, 3)

    def forward(self, flow_B2HW: Tensor, seen_BKHW: Tensor) -> Tensor:
        seen = self.convcorr2(self.convcorr1(seen_BKHW))
        moved = self.convflow2(self.convflow1(flow_B2HW))
        return torch.cat([self.conv(torch.cat([seen, moved], dim=1)), flow_B2HW], dim=1)


class _Recurrent(nn.Module):
    """Gated units along the rows, then along the columns."""

    def __init__(self) -> None:
        super().__init__()
        self.convgru1 = _Gated((1, 5))
        self.convgru2 = _Gated((5, 1))

    def forward(self, hidden_BCHW: Tensor, given_BCHW: Tensor) -> Tensor:
        return cast(Tensor, self.convgru2(self.convgru1(hidden_BCHW, given_BCHW), given_BCHW))


class _Gated(nn.Module):
    """A gated recurrent unit whose products are convolutions (equations 3 to 6)."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        padding = size[0] // 2, size[1] // 2
        self.convz, self.convr, self.convq = (nn.Conv2d(3 * HIDDEN, HIDDEN, size, padding=padding) for _ in range(3))

    def forward(self, hidden_BCHW: Tensor, given_BCHW: Tensor) -> Tensor:
        both = torch.cat([hidden_BCHW, given_BCHW], dim=1)
        renewed, reset = torch.sigmoid(self.convz(both)), torch.sigmoid(self.convr(both))
        fresh = torch.tanh(self.convq(torch.cat([reset * hidden_BCHW, given_BCHW], dim=1)))
        return (1 - renewed) * hidden_BCHW + renewed * fresh


class _Head(nn.Module):
    """From the hidden state to a change of the flow."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(HIDDEN, 256, 3, padding=1)
        self.conv2 = nn.Conv2d(256, 2, 3, padding=1)

    def forward(self, hidden_BCHW: Tensor) -> Tensor:
        return cast(Tensor, self.conv2(self.conv1(hidden_BCHW).relu()))


def _convolved(before: int, after: int, size: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, size, padding=size // 2), nn.ReLU())
