"""Noise that moves with a picture: white within every frame, the same along the flow (arXiv 2501.08331)."""
