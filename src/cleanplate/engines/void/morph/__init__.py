"""The morph check: whether the moving things of a generated clip keep shape, size and colour along their paths."""
