"""Figures and sentences as an artist reads them, and markup that cannot be broken from outside."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from typing import Any

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def safe(text: object) -> str:
    """Any text, made harmless in markup and in attribute values."""
    return html.escape(_visible(str(text)), quote=True)


def script_json(value: Any) -> str:
    """JSON that can stand inside a script element whatever its strings hold."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def element(tag: str, inner: str, **attributes: str) -> str:
    """An element whose attributes are escaped and whose inside is markup already. `class_` stands for class."""
    listed = "".join(f' {name.rstrip("_").replace("_", "-")}="{safe(value)}"' for name, value in attributes.items())
    return f"<{tag}{listed}>{inner}</{tag}>"


def joined(parts: Iterable[str]) -> str:
    """Markup below each other."""
    return "\n".join(part for part in parts if part)


def number(value: int) -> str:
    """1,234,567."""
    return f"{value:,}"


def percent(share: float) -> str:
    """A share 0..1 with as many digits as it deserves."""
    if share in (0, 1):
        return f"{share * 100:.0f} %"
    if share < 0.0001:
        return "under 0.01 %"
    return f"{share * 100:.2f} %" if share < 0.1 else f"{share * 100:.1f} %"


def duration(seconds: float) -> str:
    """0.42 s, 12.3 s, 3 min 05 s."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def size(count: int) -> str:
    """12.3 MB; powers of ten, as disks are sold."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def _visible(text: str) -> str:
    """Without what a page cannot hold or would show in a false order: control signs, lone surrogates, bidi marks."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return "".join("\ufffd" if (not c.isprintable() and c not in " \n\t") else c for c in clean)
