"""Names and numbers of void-nano's tensors. Read without torch."""

from __future__ import annotations

TOLD, ANSWERED = 8, 6
"""Channels."""
BRANCH, CONDITION = "moves", "scene"
