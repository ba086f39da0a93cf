"""Labels and their algebra."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cleanplate.masks import labels as lb
from cleanplate.masks.labels import Labels
from cleanplate.masks.track import Mask

SIZE = (5, 7)
masks = hnp.arrays(np.bool_, SIZE)
quads = st.builds(lb.combine, masks, masks)
NOTHING = np.zeros(SIZE, dtype=np.bool_)


@given(masks, masks)
def test_combine_is_undone_by_its_two_faces(remove: Mask, affected: Mask) -> None:
    labels = lb.combine(remove, affected)
    assert lb.is_exact(labels)
    assert np.array_equal(lb.removed(labels), remove)
    assert np.array_equal(lb.affected(labels), affected)
    assert np.array_equal(lb.changed(labels), remove | affected)


def test_combine_golden() -> None:
    remove, affected = np.array([[1, 1, 0, 0]], dtype=bool), np.array([[0, 1, 1, 0]], dtype=bool)
    assert lb.combine(remove, affected).tolist() == [[0, 63, 127, 255]]


@given(quads, quads, quads)
def test_union_is_a_semilattice(a: Labels, b: Labels, c: Labels) -> None:
    assert np.array_equal(lb.union(a, a), a)
    assert np.array_equal(lb.union(a, b), lb.union(b, a))
    assert np.array_equal(lb.union(lb.union(a, b), c), lb.union(a, lb.union(b, c)))
    assert np.all(lb.changed(lb.union(a, b)) >= lb.changed(a))


@given(quads)
def test_primary_only_keeps_the_object_and_nothing_else(a: Labels) -> None:
    alone = lb.primary_only(a)
    assert np.array_equal(lb.removed(alone), lb.removed(a))
    assert not lb.affected(alone).any()
    assert np.array_equal(lb.primary_only(alone), alone)


@given(hnp.arrays(np.uint8, SIZE))
def test_snap_goes_to_the_nearest_label_and_is_idempotent(levels: Labels) -> None:
    snapped, far = lb.snap(levels)
    away = np.abs(levels[..., None].astype(int) - np.array(lb.LABELS))
    chosen = np.take_along_axis(away, np.searchsorted(lb.LABELS, snapped)[..., None], axis=-1)[..., 0]
    assert np.all(chosen <= away.min(axis=-1) + 1)  # 31 and 191 lie exactly, or within a level, between two labels
    assert far == int((chosen >= lb.FAR).sum())
    again, none = lb.snap(snapped)
    assert np.array_equal(again, snapped)
    assert none == 0


@pytest.mark.parametrize(
    ("level", "label"), [(0, 0), (31, 0), (32, 63), (95, 63), (96, 127), (191, 127), (192, 255), (255, 255)]
)
def test_snap_thresholds_are_those_of_the_field(level: int, label: int) -> None:
    assert lb.snap(np.array([[level]], dtype=np.uint8))[0].item() == label


@given(quads)
def test_counts_add_up(a: Labels) -> None:
    counts = lb.label_counts(a)
    assert sum(counts) == a.size
    assert counts[0] + counts[1] == lb.removed(a).sum()
    assert counts[1] + counts[2] == lb.affected(a).sum()


def test_exactness_is_checked() -> None:
    assert not lb.is_exact(np.array([[1]], dtype=np.uint8))
    assert not lb.is_exact(np.array([[0]], dtype=np.int64))
    assert not lb.is_exact(np.array([0], dtype=np.uint8))
