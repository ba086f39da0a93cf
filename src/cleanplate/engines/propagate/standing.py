"""A camera that stands still is measured now and then, not from every frame to every source."""

from __future__ import annotations

from cleanplate.engines.propagate.geometry import Relation, relate
from cleanplate.engines.propagate.survey import Survey
from cleanplate.motion.flow import Flow
from cleanplate.motion.warp import IDENTITY


class Standing:
    """Relations of targets to sources. Between two key frames that both see a source in its place, all frames do.

    That holds where no neighbours among them, from the first key to the second, were seen to move.
    """

    def __init__(self, survey: Survey, flow: Flow) -> None:
        self._survey, self._flow = survey, flow
        self._still: dict[tuple[int, int], bool] = {}

    def relate(self, before: int, after: int, target: int, source: int) -> Relation:
        """The relation of a target that lies between two keys, or on one."""
        if target != source and self._unmoved(before, after, target):
            self._still = {pair: found for pair, found in self._still.items() if pair[0] in (before, after)}
            if self._sees_in_place(before, source) and self._sees_in_place(after, source):
                return Relation(IDENTITY, None, self._survey.scale)
        return relate(self._survey, target, source, self._flow)

    def _unmoved(self, before: int, after: int, target: int) -> bool:
        if not before <= target <= after:
            return False
        first = self._survey.first
        run = slice(before - first, after - first + 1)
        path, scene = self._survey.path[run], self._survey.scene[run]
        return bool((path == path[0]).all() and (scene == scene[0]).all())

    def _sees_in_place(self, key: int, source: int) -> bool:
        pair = key, source
        if pair not in self._still:
            self._still[pair] = relate(self._survey, key, source, self._flow).still
        return self._still[pair]
