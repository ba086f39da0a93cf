"""Sampling: from noise to latents by flow matching."""
