"""Simulated worlds: scenes with and without a thing, layered clips, and readers of public datasets."""
