"""Which pairs there are to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cleanplate.errors import InputError
from cleanplate.worlds.formats.void_layout import LIST, VoidSample, read_list, scan


def samples_of(places: Sequence[Path]) -> list[VoidSample]:
    """The pairs of folders, by their list where they have one, or of lists.

    Raises:
        InputError: no such place, no pairs, a sample without one of its three clips, or one kept for evaluation.
    """
    samples = [sample for place in places for sample in _samples_in(place)]
    if not samples:
        raise InputError("there are no pairs to train on", remedy="Make some: cleanplate worlds counterfactual.")
    for sample in samples:
        sample.require()
        if (known := sample.metadata()) and known.facts.get("held_out"):
            raise InputError("this sample is kept for evaluation", where=str(sample.folder), remedy="Leave it out.")
    return samples


def parted(samples: Sequence[VoidSample], held: int) -> tuple[Sequence[VoidSample], Sequence[VoidSample]]:
    """Those to learn from and those held back, the last; where all would be held back, or none, the first is shown."""
    return (samples[:-held], samples[-held:]) if 0 < held < len(samples) else (samples, samples[:1])


def _samples_in(place: Path) -> Iterator[VoidSample]:
    if place.is_file():
        yield from read_list(place)
    elif (place / LIST).is_file():
        yield from read_list(place / LIST)
    elif place.is_dir():
        yield from scan(place)
    else:
        raise InputError("there is no such folder or list of pairs", where=str(place))
