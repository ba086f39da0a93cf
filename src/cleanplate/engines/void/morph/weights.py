"""What each piece of evidence weighs.

Made by ``python bench/morph.py --fit`` of those families of `worlds` that models are trained on.
"""

TABLE: dict[str, tuple[float, float, float]] = {
    "bend": (0.047, 0.870, 0.3217),
    "ripple": (-0.911, 0.574, 0.2572),
    "pliant": (-0.696, 0.605, 0.1029),
    "outline": (0.111, 0.741, 0.3040),
    "flutter": (-0.611, 0.493, 0.2182),
    "size": (-0.113, 1.172, 0.1896),
    "light": (-0.917, 0.535, 0.1141),
    "colour": (-0.777, 0.754, 0.3671),
    "fade": (0.660, 0.281, 0.0000),
    "torn": (0.967, 1.184, -0.1114),
    "stir": (0.104, 0.476, 0.0691),
    "speed": (1.332, 0.870, -0.1346),
    "pixels": (4.079, 0.593, 0.1149),
}
"""By name: what is usual, its spread, and the weight of each spread above it."""
BIAS = -0.1665
THRESHOLD = 1.23
"""Exceeded by 5% of 15 unmorphed things, by weights that were fitted without their families."""
