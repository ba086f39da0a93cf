"""Codecs: videos to latents and back."""
