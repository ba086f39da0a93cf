"""The page's panels as markup; every text from outside goes through `words.safe`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from cleanplate.edit.proof import Check, Proof
from cleanplate.masks.reasoning import Kind, Reasoning, RemovedWith, Thing
from cleanplate.report.data import StageTime
from cleanplate.report.verdict import headline, listed, mood
from cleanplate.report.words import duration, element, joined, number, safe, size

_UNSURE = 0.5
_COLUMNS = {
    "what": "What",
    "cause": "Caused by",
    "why": "Why",
    "frames": "Frames",
    "confidence": "Confidence",
    "keep": "To keep it",
}
_LABELS = (
    ("remove", "0", "Remove", "the object itself"),
    ("overlap", "63", "Overlap", "object and consequence at once"),
    ("affected", "127", "Affected", "what it did to the scene"),
    ("keep", "255", "Keep", "stays as it was, sample for sample"),
)


def badge(result: Proof | None) -> str:
    """The proof in the header, in four words."""
    if result is None:
        text, kind = "Not verified", "none"
    elif not result.passed:
        text, kind = "Proof failed", "bad"
    elif result.whole_frame:
        text, kind = "Whole frame may change", "bad"
    else:
        text, kind = "Untouched outside the edit", "good"
    return element("a", text, class_=f"badge {kind}", href="#proof")


def alarm(result: Proof | None) -> str:
    """A banner across the page when the proof failed or could prove nothing."""
    if result is None or mood(result) == "good":
        return ""
    if not result.passed:
        text, more = "The composite is not the plate where it has to be. Do not deliver this shot.", result.faults
    else:
        text = "The permitted region is the whole frame."
        more = ("Nothing was off limits, so this proof says little about what stayed as it was.",)
    return element(
        "div", safe(text) + joined(element("small", safe(line)) for line in more), class_="alarm", role="alert"
    )


def proof(result: Proof | None) -> str:
    """The big plain statement and what was checked."""
    title = element("h2", "Proof")
    if result is None:
        said = element("p", "No proof was made.", class_="verdict") + element(
            "p", "Run <code>cleanplate verify</code> on the package before you deliver it."
        )
        return element("section", title + said, class_="panel proof none", id="proof")
    count = headline(result)
    counted = f"<b>{number(count.differing)}</b> of {number(count.compared)} samples differ outside the edit."
    parts = [title, element("p", counted, class_="verdict")]
    if count.first:
        parts.append(element("p", safe(f"First: {count.first[0]}"), class_="shout"))
    if result.whole_frame:
        parts.append(element("p", "The permitted region is the whole frame.", class_="shout"))
    parts.append(element("ul", joined(_check(check) for check in listed(result)), class_="checks"))
    return element("section", joined(parts), class_=f"panel proof {mood(result)}", id="proof")


def _check(check: Check) -> str:
    state = {True: "pass", False: "fail", None: "skip-check"}[check.passed]
    spoken = {True: "passed: ", False: "failed: ", None: "not checked: "}[check.passed]
    name = element("b", element("span", spoken, class_="unseen") + safe(check.name))
    return element("li", name + safe(check.detail), class_=state)


def figures(rows: Sequence[tuple[str, str]]) -> str:
    """Names and values in two columns."""
    return element("section", element("dl", _listed(rows)), class_="panel figures", aria_label="Figures")


def _listed(rows: Sequence[tuple[str, str]]) -> str:
    return joined(element("dt", safe(name)) + element("dd", safe(value)) for name, value in rows)


def legend(*, quadmask: bool) -> str:
    """What the colours of the quadmask, or of the permitted region, mean."""
    if not quadmask:
        return "<span><i class='swatch allowed'></i><b>Permitted</b> may change</span>"
    return joined(
        f"<span><i class='swatch {name}'></i><b>{title}</b> {code}, {meaning}</span>"
        for name, code, title, meaning in _LABELS
    )


def heat_panel(maps: Sequence[tuple[str, str, str, str]], scale: str, scope: str) -> str:
    """Maps as (picture address, title, explanation, largest value), with the colour scale's address."""
    drawn = joined(
        element(
            "figure",
            f'<img src="{picture}" alt="{safe(title)}: {safe(meaning)}">'
            + element(
                "figcaption",
                f"<span><b>{safe(title)}</b> {safe(meaning)}</span>"
                f'<span class="scale">0 <img src="{scale}" alt="to"> {safe(most)}</span>',
            ),
        )
        for picture, title, meaning, most in maps
    )
    head = element("h2", "What changed where") + element("p", safe(scope), class_="lead")
    return element("section", head + element("div", drawn, class_="maps"), class_="panel", id="changes")


def reasoning(document: Reasoning | None) -> str:
    """What goes, what else would change, and why."""
    if document is None:
        return ""
    names = {thing.id: thing.name for thing in document.affected}
    rows = [
        *(_row_removed(name) for name in document.removed),
        *(_row_with(item) for item in document.removed_with),
        *(_row_thing(thing, names) for thing in document.affected),
    ]
    head = element("thead", element("tr", "".join(element("th", label, scope="col") for label in _COLUMNS.values())))
    it = "it" if len(document.removed) == 1 else "they"
    lead = f"If {it} had never been there, this is what else would look different."
    if not document.affected:
        lead = f"Nothing else in the shot was found to depend on {'it' if it == 'it' else 'them'}."
    after = ""
    if document.scene_after:
        after = element("p", f"<b>The scene afterwards:</b> {safe(document.scene_after)}", class_="after")
    after += joined(element("p", safe(note), class_="lead") for note in document.notes)
    table = element("div", element("table", head + element("tbody", joined(rows))), class_="table")
    title = element("h2", "The reasoning") + element("p", lead, class_="lead")
    return element("section", title + table + after, class_="panel", id="reasoning")


def _row(**cells: str) -> str:
    """A row with the given columns, the others empty."""
    return element("tr", "".join(_cell(label, cells.get(name, "")) for name, label in _COLUMNS.items()))


def _cell(label: str, inner: str) -> str:
    kind = "why" if label == "Why" else "cell" if inner else "nothing"
    return element("td", element("div", inner or "–"), data_label=label, class_=kind)


def _kind(kind: str, shown: str) -> str:
    return element("span", safe(shown), class_=f"kind {kind}")


def _row_removed(name: str) -> str:
    return _row(what=element("b", safe(name)) + "<br>" + _kind("removed", "removed"), why="You selected it.")


def _row_with(item: RemovedWith) -> str:
    return _row(
        what=element("b", safe(item.name)) + "<br>" + _kind("removed", "goes with it"),
        cause=safe(item.removed_with),
        why=safe(item.why) + element("small", safe(f"from {item.source}")),
        confidence=_confidence(item.confidence),
        keep=_keep(item.name),
    )


def _row_thing(thing: Thing, names: dict[str, str]) -> str:
    said = "; ".join(filter(None, [_behaviour(thing), f"from {thing.source}"]))
    span = f"{thing.onset} – {thing.end}"
    return _row(
        what=element("b", safe(thing.name)) + "<br>" + _kind(thing.kind.value, _KINDS[thing.kind]),
        cause=safe(names.get(thing.caused_by, thing.caused_by)),
        why=safe(thing.why) + element("small", safe(said)),
        frames=element("button", span, type="button", class_="jump", data_jump=str(thing.onset)),
        confidence=_confidence(thing.confidence),
        keep=_keep(thing.name),
    )


_KINDS = {Kind.OBJECT: "object", Kind.SHADOW: "shadow", Kind.REFLECTION: "reflection", Kind.OTHER: "other effect"}


def _behaviour(thing: Thing) -> str:
    """The document's flags as one clause."""
    if thing.should_have_stayed:
        return "moves only because of it, and would have stayed"
    if thing.will_move:
        return "would move on another way" if thing.was_moving else "stands still, and would move"
    return "moves in the plate" if thing.was_moving else ""


def _confidence(value: float) -> str:
    note = element("small", "unsure, worth a look") if value < _UNSURE else ""
    gauge = f'<meter min="0" max="1" low="{_UNSURE}" optimum="1" value="{value:.3f}">{value:.2f}</meter>'
    return element("span", f"{gauge}{round(value * 100)} %", class_="gauge") + note


def _keep(name: str) -> str:
    plain = "'" in name and not set(name) & set('"$`\\!')
    return element("code", safe(f'--keep "{name}"' if plain else f"--keep {shlex.quote(name)}"))


def timings(stages: Sequence[StageTime], peak_memory: int | None) -> str:
    """How long each stage took, and the most memory that was held."""
    total = sum(stage.seconds for stage in stages)
    longest = max((stage.seconds for stage in stages), default=0.0) or 1.0
    rows = [_stage(stage, longest) for stage in stages]
    said = f"{duration(total)} in all" if stages else "Nothing was timed"
    memory = "" if peak_memory is None else f", at most {size(peak_memory)} of memory"
    lead = element("p", safe(f"{said}{memory}."), class_="lead")
    listed = element("ul", joined(rows), class_="stages") if rows else ""
    return element("section", element("h2", "Timings") + lead + listed, class_="panel", id="timings")


def _stage(stage: StageTime, longest: float) -> str:
    width = f"{0 if stage.cached else 100 * stage.seconds / longest:.2f}"
    bar = f'<rect width="{width}" height="8"/>'
    gauge = f'<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{bar}</svg>'
    spent = "kept" if stage.cached else duration(stage.seconds)
    return element("li", f"<span>{safe(stage.name)}</span>{gauge}<span class='secs'>{safe(spent)}</span>")


def remarks(warnings: Sequence[str], notes: Sequence[str]) -> str:
    """Warnings first, then what the engine said of itself."""
    said = [element("li", safe(text), class_="warning") for text in warnings]
    said += [element("li", safe(text)) for text in notes]
    body = element("ul", joined(said), class_="remarks") if said else element("p", "None.", class_="lead")
    return element("section", element("h2", "Warnings and notes") + body, class_="panel", id="remarks")


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """What made the shot, so that it can be made again."""
    body = element("div", element("dl", _listed(rows)), class_="facts")
    return element("section", element("h2", "How it was made") + body, class_="panel", id="facts")
