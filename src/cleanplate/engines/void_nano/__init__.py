"""void-nano as an engine: what moves is taken from the plate's own pixels, over a clean plate by `propagate`."""
