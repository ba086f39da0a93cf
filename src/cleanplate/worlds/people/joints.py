"""Which joint of somebody else's skeleton is which of ours, by the names that tools give them."""

from __future__ import annotations

from collections.abc import Iterable

from cleanplate.worlds.people.figure import SIDES
from cleanplate.worlds.people.skeleton import Skeleton

_FINGERS = ("finger", "thumb", "index", "middle", "ring", "pinky", "palm")
_LIMBS: dict[str, tuple[str, ...]] = {
    "upleg": ("upleg", "upperleg", "thigh", "hip"),
    "leg": ("knee", "shin", "calf", "lowerleg", "lowleg", "leg"),
    "foot": ("ankle", "foot"),
    "toe": ("toe", "ball"),
    "arm": ("upperarm", "uparm", "arm"),
    "forearm": ("forearm", "elbow", "lowerarm", "lowarm"),
    "hand": ("wrist", "hand"),
}
"""What a limb's upper joint may be called, the surest first."""
NEEDED = (
    "hips",
    "neck",
    *(f"{side} {limb}" for side, _ in SIDES for limb in ("upleg", "leg", "foot", "arm", "forearm")),
)
HANDS = tuple(f"{side} hand" for side, _ in SIDES)


def roles(skeleton: Skeleton) -> dict[str, int]:
    """Places of those joints of ours that a skeleton has.

    Raises:
        ValueError: one without which there is no person is missing; its words name it.
    """
    found: dict[str, int] = {"hips": skeleton.parents.index(-1)}
    names = [_plain(name) for name in skeleton.names]
    for role in ("hips", "neck", "head"):
        _add(found, role, _shortest(names, range(len(names)), (role, "pelvis") if role == "hips" else (role,)))
    for side, _ in SIDES:
        own = [place for place, name in enumerate(names) if _side(name) == side]
        own = [place for place in own if not any(word in names[place] for word in _FINGERS)]
        taken: set[int] = set()
        for limb, words in _LIMBS.items():
            named_after_joints = limb == "arm" and not any(_is_arm(names[n]) for n in own)
            free = [n for n in own if n not in taken and not (limb == "arm" and "fore" in names[n])]
            place = _shortest(names, free, ("shoulder",) if named_after_joints else words)
            if place is not None:
                found[f"{side} {limb}"] = place
                taken.add(place)
    for end, joint in (("head top", "head"), *((f"{side} toe", f"{side} foot") for side, _ in SIDES)):
        if end not in found and joint in found:
            _add(found, end, next(iter(skeleton.children(found[joint])), None))
    missing = [role for role in NEEDED if role not in found]
    if missing:
        raise ValueError(f"its skeleton has no {missing[0]}")
    return found | _spine(skeleton, found)


def _spine(skeleton: Skeleton, found: dict[str, int]) -> dict[str, int]:
    """The joints from which neck and arms branch, and where the back begins."""
    chain = _up(skeleton, found["neck"])
    common = [joint for joint in chain if all(joint in _up(skeleton, found[f"{side} arm"]) for side, _ in SIDES)]
    between = [joint for joint in chain if joint not in _up(skeleton, found["hips"])]
    chest = common[0] if common else found["hips"]
    back = [joint for joint in between if joint in _up(skeleton, chest) and joint != chest]
    places = {"spine": back[-1]} if back else {}
    return places | ({"chest": chest} if chest != found["hips"] else {})


def _up(skeleton: Skeleton, joint: int) -> list[int]:
    """The joint, its parent, and so on."""
    chain = [joint]
    while skeleton.parents[chain[-1]] >= 0:
        chain.append(skeleton.parents[chain[-1]])
    return chain


def _add(found: dict[str, int], role: str, place: int | None) -> None:
    if place is not None:
        found[role] = place


def _shortest(names: list[str], places: Iterable[int], words: tuple[str, ...]) -> int | None:
    """The joint with the shortest name that holds the first of the words that any holds."""
    candidates = list(places)
    for word in words:
        holding = [place for place in candidates if word in names[place]]
        if holding:
            return min(holding, key=lambda place: (len(names[place]), place))
    return None


def _plain(name: str) -> str:
    return name.lower().rsplit(":", maxsplit=1)[-1].replace(" ", "").replace("_", "").replace("-", "").replace(".", "")


def _is_arm(name: str) -> bool:
    return "arm" in name and not any(word in name for word in ("fore", "lower", "low"))


def _side(name: str) -> str:
    words = {word for limb in _LIMBS.values() for word in limb} | {"shoulder", "collar"}
    for side, _ in SIDES:
        if side in name or any(name.startswith(side[0] + word) or name.endswith(word + side[0]) for word in words):
            return side
    return ""
