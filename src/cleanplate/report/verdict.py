"""The proof in plain words: what the headline counts, how alarming it is, and what is listed below."""

from __future__ import annotations

from cleanplate.edit.proof import Check, Proof, SetResult
from cleanplate.report.words import number, percent


def mood(proof: Proof) -> str:
    """``good``, or ``bad`` when it failed or could prove nothing."""
    return "good" if proof.passed and not proof.whole_frame else "bad"


def headline(proof: Proof) -> SetResult:
    """The set that the big number counts: the one with more differences, the larger one when there are none."""
    return max(proof.alpha_zero, proof.outside_region, key=lambda result: (result.differing, result.compared))


def listed(proof: Proof) -> tuple[Check, ...]:
    """Both sets, then whatever failed or could not be looked at, then all that agrees in one line."""
    region = f"{percent(proof.permitted)} of the clip may change, {percent(proof.touched)} does"
    sets = (
        _set("Where the layer has alpha 0", proof.alpha_zero),
        _set("Outside the permitted region", proof.outside_region, region),
    )
    agreeing = [check.name for check in proof.checks if check.passed]
    together = [Check(name="Also checked", passed=True, detail=", ".join(agreeing))] if agreeing else []
    return (*sets, *(check for check in proof.checks if not check.passed), *together)


def _set(name: str, result: SetResult, more: str = "") -> Check:
    counted = f"{number(result.differing)} of {number(result.compared)} samples differ"
    if not result.compared:
        counted = "there is no such sample"
    detail = f"{counted}; {more}" if more else counted
    return Check(name=name, passed=not result.differing if result.compared else None, detail=detail)
