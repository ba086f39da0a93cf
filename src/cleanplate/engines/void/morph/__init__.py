"""The morph check: whether the moving things of a generated clip keep their shape, size and colour along their paths."""
