"""VOID: what is loaded for it, and the numbers that its weights were trained with."""
