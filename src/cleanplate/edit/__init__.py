"""Layers, compositing, the proof, the shot package."""
