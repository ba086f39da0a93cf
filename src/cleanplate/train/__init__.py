"""Training: each recipe reads like the method section of its paper."""
