"""Instructions and captions in the manner of Vera's dataset: 20 to 80 words, the edit first, then how it is filmed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ADD = (
    "Add {noun} {place} the frame, {motion}.",
    "Place {noun} {place} the picture so that {they} {motion}.",
    "Insert {noun} {place} the scene, {motion}, and nothing else.",
)
_CHANGE = (
    "Change the background to {place}. Keep the {noun} intact.",
    "Replace everything behind the {noun} with {place}. Keep the {noun} exactly as it is.",
    "Set the scene in {place} instead. The {noun} must stay unchanged.",
)
_LIGHT = ("The scene has {light}.", "It is lit by {light}.", "Use {light} throughout.")
_SHOT = ("{shot}, {angle}; {camera}, with {focus}.", "Filmed as a {shot} from {angle}; {camera}, {focus}.")
_CAMERA = {
    "fixed": "the camera is locked off",
    "pan": "the camera pans slowly sideways",
    "tilt": "the camera tilts",
    "push in": "the camera pushes in",
    "pull out": "the camera pulls out",
    "hand-held": "the camera is hand-held",
    "orbit": "the camera circles the scene",
    "as filmed": "the camera moves as it does in the clip",
}


@dataclass(frozen=True)
class Facts:
    """What a sentence can be made of.

    Attributes:
        noun: the added or kept thing.
        light, scene: words for the light and the place.
        camera: a kind of `drift.KINDS`, or ``orbit`` or ``as filmed``.
        where: middle of the thing in shares of the frame (x, y) at the first frame.
        moves: share of the frame's width by which it goes to the right over the clip.
        size: share of the frame's height that it takes.
        effects: "its shadow", say; empty when it casts nothing.
        several: the noun names more than one thing.
    """

    noun: str
    light: str
    scene: str
    camera: str
    where: tuple[float, float]
    moves: float
    size: float
    effects: str = ""
    several: bool = False


def add_instruction(facts: Facts, rng: np.random.Generator) -> str:
    """How one asks for the thing to be added."""
    words = {"noun": with_article(facts.noun), "place": _where(facts.where), "motion": _motion(facts)}
    first = _pick(_ADD, rng).format(they="they are" if facts.several else "it is", **words)
    cast = f" Let {facts.effects} fall as the light asks for." if facts.effects else ""
    return f"{first}{cast} {_filmed(facts, rng)} Everything else stays as it is."


def background_instruction(facts: Facts, rng: np.random.Generator) -> str:
    """How one asks for another background; `facts.scene` is the new one."""
    return f"{_pick(_CHANGE, rng).format(noun=facts.noun, place=facts.scene)} {_filmed(facts, rng)}"


def caption(facts: Facts, *, with_thing: bool = True) -> str:
    """What is seen."""
    if not with_thing:
        return f"{facts.scene.capitalize()} in {facts.light}; {_CAMERA[facts.camera]}."
    thing = with_article(facts.noun)
    seen = f"{thing[0].upper()}{thing[1:]}, {_motion(facts)}, in front of {facts.scene} in {facts.light}"
    return f"{seen}; {_CAMERA[facts.camera]}."


def with_article(noun: str) -> str:
    """``an orange box``."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _filmed(facts: Facts, rng: np.random.Generator) -> str:
    shot = "close shot" if facts.size > 0.55 else "medium shot" if facts.size > 0.3 else "wide shot"
    angle = ("eye level", "a slightly low angle", "a slightly high angle")[rng.integers(3)]
    focus = ("everything in focus", "natural focus")[rng.integers(2)]
    words = {"shot": shot, "angle": angle, "camera": _CAMERA[facts.camera], "focus": focus}
    sentence = _pick(_SHOT, rng).format(**words)
    return f"{_pick(_LIGHT, rng).format(light=facts.light)} {sentence[0].upper()}{sentence[1:]}"


def _where(place: tuple[float, float]) -> str:
    x, y = place
    across = "left" if x < 0.4 else "right" if x > 0.6 else ""
    down = "top" if y < 0.35 else "bottom" if y > 0.65 else ""
    if not across and not down:
        return "in the middle of"
    return f"in the {' '.join(filter(None, (down, across)))} {'part' if not (across and down) else 'corner'} of"


def _motion(facts: Facts) -> str:
    if abs(facts.moves) < 0.03:
        return f"staying in {'their' if facts.several else 'its'} place"
    pace = "quickly" if abs(facts.moves) > 0.35 else "slowly"
    return f"moving {pace} from {'left to right' if facts.moves > 0 else 'right to left'}"


def _pick(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[rng.integers(len(choices))]
