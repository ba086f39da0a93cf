"""Who made which region: named parts beside the quadmask."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from test_masks_build import BALL, DUCK, HEIGHT, LENGTH, WIDTH, info, reasoning, region, thing, track

from cleanplate.errors import InputError
from cleanplate.masks.build import build_quadmask, open_things
from cleanplate.masks.grid import gridify
from cleanplate.masks.labels import affected, changed, removed
from cleanplate.masks.parts import Part, Parts, PartsWriter, parts_of, parts_path
from cleanplate.masks.reasoning import Grid, RemovedWith

NAMES = tuple(Part(name, name, "object", "duck", "duck") for name in "abc")


@settings(max_examples=25)
@given(hnp.arrays(np.bool_, (5, 3, 9, 13)), st.lists(st.booleans(), min_size=5, max_size=5))
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, masks: NDArray[np.bool_], again: list[bool]
) -> None:
    path = tmp_path_factory.mktemp("parts") / "q.mkv.parts"
    for n in range(1, 5):
        if again[n]:
            masks[n] = masks[n - 1]
    with PartsWriter(path, NAMES, height=9, width=13) as writer:
        for frame in masks:
            writer.write(dict(zip("abc", frame, strict=True)))
    parts = Parts(path)
    assert len(parts) == 5
    for n, frame in enumerate(masks):
        held = parts.at(n)
        for name, mask in zip("abc", frame, strict=True):
            assert np.array_equal(held.get(name, np.zeros((9, 13), np.bool_)), mask)
        assert tuple(part.id for part in parts.who(n, 4, 6)) == tuple(
            name for name, mask in zip("abc", frame, strict=True) if mask[4, 6]
        )


def test_a_still_part_is_stored_once(tmp_path: Path) -> None:
    mask = np.random.default_rng(0).random((90, 160)) < 0.5
    sizes = []
    for count in (1, 200):
        path = tmp_path / f"{count}.parts"
        with PartsWriter(path, NAMES[:1], height=90, width=160) as writer:
            for _ in range(count):
                writer.write({"a": mask})
        sizes.append(path.stat().st_size)
    assert sizes[1] < sizes[0] + 200 * 32


def test_every_region_bears_the_name_of_who_made_it(tmp_path: Path) -> None:
    duck = track(tmp_path, "duck", DUCK)
    goose = track(tmp_path, "goose", region(50, 100, 60, 110))
    track(tmp_path, "ball", BALL)
    track(tmp_path, "hat", region(10, 22, 20, 38))
    document = reasoning(
        thing("ball", onset=3, track="ball.track"),
        thing("ball's shadow", kind="shadow", caused_by="ball", cells_by_time=[{"frame": 0, "cells": [[6, 3]]}]),
        thing("ripples", kind="other", caused_by="goose", cells_by_time=[{"frame": 2, "cells": [[6, 10], [6, 11]]}]),
        removed=("duck", "goose"),
        removed_with=(RemovedWith(name="hat", why="worn", removed_with="duck", track="hat.track"),),
    )
    out = tmp_path / "q.mkv"
    mask = build_quadmask([duck, goose], document, out, info(), things=open_things(document, tmp_path))
    parts = Parts(parts_path(out))
    roots = {part.id: part.root for part in parts.parts}
    assert roots == {"duck": "duck", "goose": "goose", "hat": "duck", "ball": "duck", "ball's shadow": "duck",
                     "ripples": "goose"}  # fmt: skip
    for n in range(LENGTH):
        named = parts.at(n)
        going = named["duck"] | named["goose"] | named["hat"]
        differing = np.logical_or.reduce([m for k, m in named.items() if k not in {"duck", "goose", "hat"}])
        assert np.array_equal(going, removed(mask.at(n)))
        assert np.array_equal(differing, affected(mask.at(n)))
        assert np.array_equal(going | differing, changed(mask.at(n)))
        assert ("ball" in named) == (n >= 3)
    assert np.array_equal(parts.at(5)["ball"], gridify(BALL, Grid.of(HEIGHT, WIDTH)))
    assert [part.id for part in parts.who(5, 35, 39)] == ["duck", "ball"]
    assert parts.who(5, 0, 0) == ()


def test_causes_that_name_each_other_end_somewhere() -> None:
    circle = reasoning(thing("a", caused_by="b"), thing("b", caused_by="a"))
    assert {part.root for part in parts_of(circle)} <= {"duck", "a", "b"}


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "q.mkv.parts").write_text("no")
    with pytest.raises(InputError, match="not the parts of a quadmask"):
        Parts(tmp_path / "q.mkv.parts")
