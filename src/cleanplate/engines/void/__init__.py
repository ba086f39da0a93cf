"""VOID (arXiv 2604.02296): removes a thing and what it did to the scene, by the published two-pass model."""
