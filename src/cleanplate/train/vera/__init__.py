"""Training Vera: the mixture of transformers on layered clips."""
