"""What each piece of evidence weighs.

Made by ``python bench/morph.py --fit`` of those families of `worlds` that models are trained on.
"""

WAVERS: dict[str, tuple[float, float, float]] = {
    "wave": (-0.026, 0.723, 0.8407),
    "pulse": (1.730, 1.194, 1.3571),
    "pulse_close": (1.205, 1.138, 1.4981),
    "turn": (2.044, 1.020, -0.0821),
    "uneven": (0.238, 0.221, -0.6296),
    "pixels": (3.456, 0.517, 0.7249),
    "bias": (0.000, 1.000, 0.2846),
}
"""By name: what is usual, its spread, and the weight of each spread above it, in the logarithm of odds."""
CHANGES: dict[str, tuple[float, float, float]] = {
    "size, highest": (1.958, 1.000, 0.2213),
    "colour, highest": (0.562, 1.304, 0.6412),
    "size, often": (1.011, 1.044, 0.3272),
    "colour, often": (-0.247, 1.051, 0.7193),
    "turn": (1.739, 1.166, 0.4473),
    "uneven": (0.229, 0.231, -0.6930),
    "pixels": (3.453, 0.496, 0.3753),
    "bias": (0.000, 1.000, -0.2040),
}
"""The same of what changes at once."""
THRESHOLD = 1.25
"""Exceeded by 5% of 88 unmorphed things, by weights that were fitted without their families."""
