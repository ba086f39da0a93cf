"""What each piece of evidence weighs.

Made by ``python bench/morph.py --fit`` of those families of `worlds` that models are trained on.
"""

TABLE: dict[str, tuple[float, float, float]] = {
    "bend": (0.179, 0.807, 0.2962),
    "ripple": (-0.774, 0.549, 0.2325),
    "pliant": (-0.569, 0.575, 0.1251),
    "outline": (0.115, 0.666, 0.3211),
    "flutter": (-0.532, 0.467, 0.0434),
    "size": (-0.118, 1.090, 0.2412),
    "light": (-0.955, 0.499, 0.1237),
    "colour": (-0.768, 0.704, 0.4225),
    "fade": (0.722, 0.267, 0.0000),
    "torn": (0.908, 1.157, -0.0959),
    "stir": (0.142, 0.444, 0.2766),
    "speed": (1.427, 0.952, -0.2437),
    "pixels": (3.875, 0.634, 0.2412),
}
"""By name: what is usual, its spread, and the weight of each spread above it."""
BIAS = -0.1947
THRESHOLD = 1.85
"""Exceeded by 5% of 20 unmorphed things, by weights that were fitted without their families."""
