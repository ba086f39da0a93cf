"""Who made which region, as the page draws and names it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.masks.parts import BELONGING, REMOVED, Part
from cleanplate.report.makers import Makers, colours
from cleanplate.report.sheet import Sheet

PARTS = (
    Part("duck", "duck", REMOVED, "", "duck"),
    Part("goose", "goose", REMOVED, "", "goose"),
    Part("hat", "hat", BELONGING, "goose", "goose"),
    Part("ball-1", "ball", "object", "duck", "duck"),
)
HEIGHT, WIDTH = 48, 80


def block(y0: int, x0: int, y1: int, x1: int) -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


def unpacked(payload: dict[str, Any], shown: int) -> NDArray[np.int64]:
    """The map of a shown frame, as the page's script reads it."""
    runs = [tuple(map(int, run.split(":"))) for run in payload["maps"][payload["frames"][shown]].split(" ")]
    flat = np.concatenate([np.full(length, which, np.int64) for which, length in runs])
    return flat.reshape(payload["size"])


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_map_says_who_made_each_place(rotation: int) -> None:
    sheet = Sheet((HEIGHT, WIDTH), rotation)
    makers = Makers(PARTS, sheet)
    duck, ball = block(8, 8, 30, 30), block(20, 20, 40, 60)
    makers.add({"duck": duck, "ball-1": ball})
    makers.add({"goose": duck})
    makers.add({"duck": duck, "ball-1": ball})
    payload = makers.payload
    assert payload["frames"] == [0, 1, 0]
    found, owners = unpacked(payload, 0), payload["sets"]
    for ident, mask in (("duck", duck), ("ball-1", ball)):
        number = [part.id for part in PARTS].index(ident)
        claims = np.isin(found, [k for k, members in enumerate(owners) if number in members])
        assert np.array_equal(claims, sheet.upright(mask))


def test_each_removed_object_has_a_colour_of_its_own_and_lends_it() -> None:
    chosen = colours(PARTS)
    assert len(set(chosen.values())) == len(PARTS)
    spread = {a: {b: float(np.ptp(np.subtract(chosen[a], chosen[b]))) for b in chosen} for a in chosen}
    assert spread["hat"]["goose"] < spread["hat"]["duck"]
    assert spread["ball-1"]["duck"] < spread["ball-1"]["goose"]


def test_the_picture_mixes_the_colours_of_those_who_share_a_place() -> None:
    picture = Makers(PARTS, Sheet((HEIGHT, WIDTH))).add({"duck": block(0, 0, 24, 40), "ball-1": block(0, 20, 24, 80)})
    chosen = colours(PARTS)
    assert tuple(picture[6, 4]) == chosen["duck"]
    assert tuple(picture[6, 35]) == chosen["ball-1"]
    assert np.abs(picture[6, 15] - np.mean([chosen["duck"], chosen["ball-1"]], axis=0)).max() <= 0.5
    assert not picture[20].any()


def test_the_payload_names_causes_for_people() -> None:
    makers = {maker["name"]: maker for maker in Makers(PARTS, Sheet((HEIGHT, WIDTH))).payload["makers"]}
    assert (makers["ball"]["cause"], makers["ball"]["root"]) == ("duck", "duck")
    assert makers["duck"]["cause"] == ""
    assert makers["hat"]["kind"] == BELONGING
