"""The one table of pixel formats: what a source format holds, how it packs it, and how FFV1 stores it.

Names and layouts are FFmpeg's (`libavutil/pixdesc`). A component is read as the word at
`offset + column * step` of its plane's row, shifted right by `shift`; that describes planar, interleaved and bit-packed
layouts alike. Every row is lossless: source -> canonical planes -> storage format and back gives the same codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cleanplate.errors import InputError
from cleanplate.media.frame import Family, PixelFormat


@dataclass(frozen=True)
class Component:
    """Where one component's samples lie: plane number, bytes between samples, first byte, bits to shift right."""

    plane: int
    step: int
    offset: int
    shift: int = 0


@dataclass(frozen=True)
class Packing:
    """One row of the table.

    Attributes:
        format: the samples, canonically.
        components: one per canonical plane, in canonical order (Y Cb Cr A, R G B A, Y A).
        word: bytes of the word that a sample is read from.
        storage: FFV1's format for the same samples.
        shares_words: several components lie in one word, so bits beside a sample belong to its neighbours.
        expands: samples are looked up rather than stored (palettes, one bit a pixel); read, never written.
    """

    format: PixelFormat
    components: tuple[Component, ...]
    word: int
    storage: str
    big_endian: bool = False
    shares_words: bool = False
    expands: bool = False


_CHROMA = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "440": (0, 1), "411": (2, 0), "410": (2, 2)}
_DEPTHS = {
    "yuv": {
        **dict.fromkeys(("420", "422", "444"), (8, 9, 10, 12, 14, 16)),
        "440": (8, 10, 12),
        "411": (8,),
        "410": (8,),
    },
    "yuva": {"420": (8, 9, 10, 16), "422": (8, 9, 10, 12, 16), "444": (8, 9, 10, 12, 16)},
}


def _bits(depth: int) -> str:
    return "" if depth == 8 else f"{depth}le"


def _planar(order: tuple[int, ...], word: int, shift: int = 0) -> tuple[Component, ...]:
    return tuple(Component(plane, word, 0, shift) for plane in order)


def _planar_yuv() -> Iterator[Packing]:
    for prefix, chromas in _DEPTHS.items():
        alpha = prefix == "yuva"
        for chroma, depths in chromas.items():
            for depth in depths:
                name = f"{prefix}{chroma}p{_bits(depth)}"
                fmt = PixelFormat(name, Family.YUV, depth, *_CHROMA[chroma], has_alpha=alpha)
                yield Packing(fmt, _planar(tuple(range(3 + alpha)), fmt.dtype.itemsize), fmt.dtype.itemsize, name)
    for chroma in ("420", "422", "444", "440", "411"):  # the full-range aliases; the tags carry the range
        fmt = PixelFormat(f"yuvj{chroma}p", Family.YUV, 8, *_CHROMA[chroma])
        yield Packing(fmt, _planar((0, 1, 2), 1), 1, f"yuv{chroma}p")
    for depth in (10, 12):
        fmt = PixelFormat(f"yuv444p{depth}msble", Family.YUV, depth)
        yield Packing(fmt, _planar((0, 1, 2), 2, 16 - depth), 2, f"yuv444p{depth}le")


def _semi_planar() -> Iterator[Packing]:
    rows = [("nv12", "420", 8, 0), ("nv21", "420", 8, 0), ("nv16", "422", 8, 0), ("nv20le", "422", 10, 0)]
    rows += [("nv24", "444", 8, 0), ("nv42", "444", 8, 0)]
    rows += [
        (f"p{digit}{depth}le", chroma, depth, 16 - depth)
        for digit, chroma in (("0", "420"), ("2", "422"), ("4", "444"))
        for depth in (10, 12, 16)
    ]
    for name, chroma, depth, shift in rows:
        fmt = PixelFormat(name, Family.YUV, depth, *_CHROMA[chroma])
        word = fmt.dtype.itemsize
        cb, cr = (word, 0) if name in ("nv21", "nv42") else (0, word)
        pair = (Component(1, 2 * word, cb, shift), Component(1, 2 * word, cr, shift))
        yield Packing(fmt, (Component(0, word, 0, shift), *pair), word, f"yuv{chroma}p{_bits(depth)}")


def _packed_yuv() -> Iterator[Packing]:
    for name, luma, cb, cr in (("yuyv422", 0, 1, 3), ("uyvy422", 1, 0, 2), ("yvyu422", 0, 3, 1)):
        fmt = PixelFormat(name, Family.YUV, 8, 1, 0)
        yield Packing(fmt, (Component(0, 2, luma), Component(0, 4, cb), Component(0, 4, cr)), 1, "yuv422p")
    for depth in (10, 12, 16):
        fmt, shift = PixelFormat(f"y2{depth}le", Family.YUV, depth, 1, 0), 16 - depth
        places = (Component(0, 4, 0, shift), Component(0, 8, 2, shift), Component(0, 8, 6, shift))
        yield Packing(fmt, places, 2, f"yuv422p{depth}le")
    rows_444: tuple[tuple[str, int, int, tuple[int, ...]], ...] = (
        ("vyu444", 8, 3, (1, 2, 0)),
        ("vuyx", 8, 4, (2, 1, 0)),
        ("vuya", 8, 4, (2, 1, 0, 3)),
        ("ayuv", 8, 4, (1, 2, 3, 0)),
        ("uyva", 8, 4, (1, 0, 2, 3)),
        ("ayuv64le", 16, 8, (2, 4, 6, 0)),
        ("xv36le", 12, 8, (2, 0, 4)),
        ("xv48le", 16, 8, (2, 0, 4)),
    )
    for name, depth, step, offsets in rows_444:
        alpha = len(offsets) == 4
        fmt = PixelFormat(name, Family.YUV, depth, has_alpha=alpha)
        shift = fmt.dtype.itemsize * 8 - depth
        storage = f"yuv{'a' if alpha else ''}444p{_bits(depth)}"
        yield Packing(fmt, tuple(Component(0, step, o, shift) for o in offsets), fmt.dtype.itemsize, storage)
    for name, first in (("xv30le", 0), ("v30xle", 2)):  # three 10-bit components in 32 bits: V Y U from the top
        places = (Component(0, 4, 1, first + 2), Component(0, 4, 0, first), Component(0, 4, 2, first + 4))
        yield Packing(PixelFormat(name, Family.YUV, 10), places, 2, "yuv444p10le", shares_words=True)


def _rgb() -> Iterator[Packing]:
    for prefix, order in (("gbrp", (2, 0, 1)), ("gbrap", (2, 0, 1, 3))):
        alpha = prefix == "gbrap"
        for depth in (8, 10, 12, 14, 16) if alpha else (8, 9, 10, 12, 14, 16):
            fmt = PixelFormat(f"{prefix}{_bits(depth)}", Family.RGB, depth, has_alpha=alpha)
            storage = ("bgra" if alpha else "bgr0") if depth == 8 else fmt.name
            yield Packing(fmt, _planar(order, fmt.dtype.itemsize), fmt.dtype.itemsize, storage)
    for layout in ("rgb", "bgr", "rgb0", "bgr0", "0rgb", "0bgr", "rgba", "bgra", "argb", "abgr"):
        alpha = "a" in layout
        letters = tuple(layout.index(letter) for letter in ("rgba" if alpha else "rgb"))
        name = layout if len(layout) == 4 else f"{layout}24"
        fmt = PixelFormat(name, Family.RGB, 8, has_alpha=alpha)
        yield Packing(fmt, tuple(Component(0, len(layout), o) for o in letters), 1, "bgra" if alpha else "bgr0")
        if layout in ("rgb", "bgr", "rgba", "bgra"):
            deep = PixelFormat(f"{layout}{16 * len(layout)}le", Family.RGB, 16, has_alpha=alpha)
            places = tuple(Component(0, 2 * len(layout), 2 * o) for o in letters)
            yield Packing(deep, places, 2, "gbrap16le" if alpha else "gbrp16le")
    for name, order in (("x2rgb10le", (2, 1, 0)), ("x2bgr10le", (0, 1, 2))):
        places = tuple(Component(0, 4, byte, 2 * byte) for byte in order)
        yield Packing(PixelFormat(name, Family.RGB, 10), places, 2, "gbrp10le", shares_words=True)


def _gray() -> Iterator[Packing]:
    for depth in (8, 9, 10, 12, 14, 16):
        fmt = PixelFormat(f"gray{_bits(depth)}", Family.GRAY, depth)
        yield Packing(fmt, _planar((0,), fmt.dtype.itemsize), fmt.dtype.itemsize, fmt.name)
    ya8 = PixelFormat("ya8", Family.GRAY, 8, has_alpha=True)
    yield Packing(ya8, (Component(0, 2, 0), Component(0, 2, 1)), 1, "ya8")
    # FFV1 has no 16-bit gray with alpha: the gray is read as three equal colours.
    ya16 = PixelFormat("ya16le", Family.RGB, 16, has_alpha=True)
    yield Packing(ya16, (*[Component(0, 4, 0)] * 3, Component(0, 4, 2)), 2, "gbrap16le")


def _expanding() -> Iterator[Packing]:
    yield Packing(PixelFormat("pal8", Family.RGB, 8, has_alpha=True), (), 1, "bgra", expands=True)
    for name in ("monob", "monow"):
        yield Packing(PixelFormat(name, Family.GRAY, 8), (), 1, "gray", expands=True)


def _big_endian(row: Packing) -> Packing:
    name = row.format.name.removesuffix("le") + "be"
    return replace(row, format=replace(row.format, name=name), big_endian=True)


def _table() -> dict[str, Packing]:
    rows = [row for rows in (_planar_yuv, _semi_planar, _packed_yuv, _rgb, _gray, _expanding) for row in rows()]
    rows += [_big_endian(row) for row in rows if row.format.name.endswith("le") and not row.shares_words]
    return {row.format.name: row for row in rows}


PACKINGS: dict[str, Packing] = _table()
"""Every pixel format that a plate may have, by FFmpeg's name."""


def packing(name: str, where: str = "") -> Packing:
    """The row of a pixel format; `where` names the file in the error.

    Raises:
        InputError: the format is not in the table.
    """
    if name not in PACKINGS:
        raise InputError(
            f"the pixel format '{name}' is not one that can be kept exactly",
            where=where,
            remedy="Convert the clip to a common format first, such as yuv422p10le or gbrp16le.",
        )
    return PACKINGS[name]


def pixel_format(name: str) -> PixelFormat:
    """What the samples of FFmpeg's format `name` are; InputError when it is not in the table."""
    return packing(name).format
