"""Layered clips: an input, an edit layer, its alpha and their composite, known exactly (Vera's three tiers)."""
