"""Where the close-ups of an addition go: a small diffusion over windows, told the words."""
