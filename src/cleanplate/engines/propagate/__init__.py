"""Clean plates from the plate's own pixels, moved from other frames along the motion."""
