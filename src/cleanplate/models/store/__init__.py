"""From a model's name or folder to what runs; and from one layout of weights to another."""
