"""What names of asset files say: which map of a material a picture is, and what people call a thing."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

MAPS: dict[str, str] = {
    **dict.fromkeys(("diff", "diffuse", "col", "color", "colour", "basecolor", "basecolour", "albedo"), "colour"),
    **dict.fromkeys(("rough", "roughness"), "roughness"),
    **dict.fromkeys(("nor", "normal", "normalgl", "nrm"), "normal"),
    **dict.fromkeys(("metal", "metallic", "metalness"), "metallic"),
    **dict.fromkeys(("disp", "displacement", "height", "bump", "ao", "ambientocclusion", "arm", "orm"), ""),
    **dict.fromkeys(("spec", "specular", "opacity", "alpha", "mask", "normaldx", "preview"), ""),
}
"""Words as Poly Haven and ambientCG have them, and what they stand for; empty for maps that are not used."""
_FORMATS = re.compile(r"\d+k|jpe?g|png|exr|gl")
_FILLERS = frozenset(
    ("model", "models", "mesh", "obj", "object", "visual", "geometry", "textured", "texture", "poly", "low", "high")
) | {"lowpoly", "highpoly", "lod", "final", "new", "copy"}
_MOST_WORDS = 4


def map_of(name: str) -> tuple[str, str] | None:
    """The material that a picture belongs to and the map that it is there; None for a picture of no material.

    ``planks_diff_2k.jpg`` is ("planks", "colour"), ``Wood051_1K-JPG_NormalGL.jpg`` ("Wood051", "normal").
    """
    words = re.split(r"[_\-. ]+", PurePosixPath(name).stem)
    kept = [word for word in words if not _FORMATS.fullmatch(word.lower())]
    lowered = [word.lower() for word in kept]
    if "dx" in lowered:
        return ("_".join(kept), "")
    if lowered[-2:] in (["base", "color"], ["base", "colour"]):
        return ("_".join(kept[:-2]), "colour")
    if len(kept) > 1 and lowered[-1] in MAPS:
        return ("_".join(kept[:-1]), MAPS[lowered[-1]])
    return None


def noun_of(name: str) -> str:
    """A word or a few for people: ``Threshold_Porcelain_Teapot_White`` is a threshold porcelain teapot white.

    Numbers, single letters, identifiers such as ``nQ0LPNF1oMw`` and what names only files have are left out.
    """
    words = []
    for token in re.split(r"[^A-Za-z0-9]+", name):
        if re.search(r"\d", token) and re.search(r"[a-z][A-Z]", token):
            continue
        words += re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", token)
    fair = [word.lower() for word in words if len(word) > 2 and word.lower() not in _FILLERS]
    return " ".join(fair[:_MOST_WORDS]) or "thing"


def surface_of(name: str) -> str:
    """What people call the surface that a picture shows: ``textures/oak_planks_diff_2k.jpg`` is oak planks."""
    path = PurePosixPath(name)
    told = map_of(path.name)
    return noun_of(told[0] if told else path.stem)
