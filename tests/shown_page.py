"""Pages for a real browser: every frame bears its number as eight bars, so that a screenshot tells which one it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.edit.proof import Check, Proof, SetResult
from cleanplate.masks.reasoning import Grid, Kind, Reasoning, RemovedWith, Thing
from cleanplate.report.data import StageTime
from cleanplate.report.heat import draw_heat
from cleanplate.report.page import Page, Player, render
from cleanplate.report.proxy import ProxyWriter
from cleanplate.report.sheet import Sheet

HEIGHT, WIDTH, FRAMES, BARS = 144, 256, 60, 8
LEVELS = {"layer": 40, "matte": 90, "quadmask": 150, "difference": 210}


def bars(number: int) -> NDArray[np.uint8]:
    """A picture that holds a number 0..255 in binary, most significant bar on the left."""
    bits = np.unpackbits(np.array([number], dtype=np.uint8))
    row = np.repeat(bits * np.uint8(255), WIDTH // BARS)
    return np.broadcast_to(row[None, :, None], (HEIGHT, WIDTH, 3)).copy()


def sheet_of(number: int, sheet: Sheet) -> NDArray[np.uint8]:
    """Before bears the number, after its complement, every other view one grey level of its own."""
    views = {name: np.full((HEIGHT, WIDTH, 3), level, np.uint8) for name, level in LEVELS.items()}
    return sheet.draw({"before": bars(number), "after": bars(255 - number), **views})


@pytest.fixture(scope="session")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A proxy of `FRAMES` numbered frames."""
    path: Path = tmp_path_factory.mktemp("proxy") / "views.mp4"
    sheet = Sheet.of(HEIGHT, WIDTH)
    with ProxyWriter(path, sheet.size, Fraction(24)) as writer:
        for number in range(FRAMES):
            writer.write(sheet_of(number, sheet))
    return path


@pytest.fixture
def reasoning() -> Reasoning:
    shadow = Thing(
        id="s",
        name="the shadow",
        kind=Kind.SHADOW,
        caused_by="ball",
        why="It moves below.",
        onset=4,
        end=30,
        confidence=0.9,
    )
    splash = Thing(
        id="w", name="splash", kind=Kind.OTHER, caused_by="s", why="Rings.", onset=12, end=50, confidence=0.4
    )
    return Reasoning(
        frames=FRAMES,
        height=HEIGHT,
        width=WIDTH,
        grid=Grid.of(HEIGHT, WIDTH),
        removed=("ball",),
        removed_with=(RemovedWith(name="string", why="It holds the ball.", removed_with="ball"),),
        affected=(shadow, splash),
        scene_after="An empty table.",
    )


@pytest.fixture
def page_of(proxy: Path, reasoning: Reasoning) -> Page:
    """A page with everything on it; vary it with `dataclasses.replace`."""
    still = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    values = np.zeros((HEIGHT, WIDTH))
    values[40:100, 60:120] = np.linspace(0, 1, 60)
    sheet = Sheet.of(HEIGHT, WIDTH)
    player = Player(
        sheet=sheet,
        shown=((0, FRAMES),),
        frames=FRAMES,
        rate=24.0,
        seconds=tuple(n / 24 for n in range(FRAMES)),
        areas=tuple(0.1 + 0.001 * n for n in range(FRAMES)),
        window=(0.25, 0.25, 0.5, 0.5),
        wipe=0.5,
        opening=20,
        views=frozenset(sheet.boxes),
        media=proxy.read_bytes(),
    )
    checks = (Check(name="rotation", passed=True), Check(name="copied packets", passed=None, detail="there are none"))
    return Page(
        title="shot 1",
        chips=("256 × 144", "24 fps"),
        player=player,
        proof=Proof(
            alpha_zero=SetResult(compared=1_234_567),
            outside_region=SetResult(compared=1_000_000),
            frames=60,
            checks=checks,
        ),
        quadmask=True,
        often=draw_heat(values, still),
        much=draw_heat(values * 30, still),
        reasoning=reasoning,
        stages=(StageTime("select", 1.5), StageTime("generate", 75.0), StageTime("quadmask", 0.4, cached=True)),
        peak_memory=812_000_000,
        warnings=("The track is lost on frames 3-5.",),
        notes=("propagate invents no motion.",),
        figures=(("Touched area", "10 %"),),
        facts=(("Engine", "propagate"),),
        footer="cleanplate",
    )


class Viewer:
    """A page in the browser, and everything that went wrong in it."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.complaints: list[str] = []
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("request", self._watch)

    def _watch(self, request: Any) -> None:
        if not request.url.startswith(("file:", "blob:", "data:")):
            self.complaints.append(f"request: {request.url}")

    def open(self, path: Path) -> None:
        self.tab.goto(path.as_uri())
        self.settle()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.keyboard.press(key)
        self.settle()

    def settle(self) -> None:
        self.tab.wait_for_selector("html[data-settled=yes]", timeout=10_000)

    @property
    def frame(self) -> int:
        """The frame that the page says it shows."""
        return int(self.tab.get_attribute("html", "data-frame"))

    @property
    def picture(self) -> NDArray[np.uint8]:
        """What is seen on the canvas, H x W x 3."""
        encoded = np.frombuffer(self.tab.locator("#canvas").screenshot(), np.uint8)
        picture: NDArray[np.uint8] = cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return picture

    @property
    def number(self) -> int:
        """The number in the bars, read along the upper quarter."""
        picture = self.picture
        return read_bars(picture, range(BARS))


def read_bars(picture: NDArray[np.uint8], which: range) -> int:
    """The bits of some of the bars."""
    height, width = picture.shape[:2]
    row = picture[height // 4].mean(axis=1)
    bits = [int(row[int((bar + 0.5) * width / BARS)] > 127) for bar in which]
    return int("".join(map(str, bits)), 2)


@pytest.fixture
def viewer(browser: Any) -> Iterator[Viewer]:
    """A fresh tab whose console must stay empty and which may ask nobody for anything."""
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    watched = Viewer(tab)
    yield watched
    tab.close()
    assert watched.complaints == []


@pytest.fixture
def written(tmp_path: Path, page_of: Page, proxy: Path) -> Callable[..., Path]:
    """Writes the page, its video inside or beside it."""

    def write(*, linked: bool = False, **changes: Any) -> Path:
        page = replace(page_of, **changes)
        if linked:
            (tmp_path / "report").mkdir()
            shutil.copy(proxy, tmp_path / "report/views.mp4")
            page = replace(page, player=replace(page.player, media="report/views.mp4"))
        path = tmp_path / "shot with spaces #1 é.html"
        path.write_text(render(page), encoding="utf-8")
        return path

    return write
