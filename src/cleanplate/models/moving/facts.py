"""Names and numbers of void-nano's tensors. Read without torch."""

from __future__ import annotations

TOLD, ANSWERED = 9, 6
"""Channels."""
BRANCH, CONDITION = "moves", "scene"
