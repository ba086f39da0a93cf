"""Families of scenes: each module samples one kind of cause and effect."""
