"""The manifest of a shot, written from what stands in its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cleanplate import __version__
from cleanplate.edit.layer import Layer
from cleanplate.edit.manifest import (
    EngineRecord,
    RegionRecord,
    Shot,
    SourceRecord,
    StreamRecord,
    TimesRecord,
    spans_of,
)
from cleanplate.edit.package import LAYER, QUADMASK, REASONING, REGION, TRACKS
from cleanplate.files import sha256
from cleanplate.media.clip import Clip
from cleanplate.pipeline.master import master_name


@dataclass(frozen=True)
class Draft:
    """What is known of a shot when its layer is stored.

    Attributes:
        edit: the edit as JSON.
        layer_key: hash of everything that the layer depends on.
        exports: names of `pipeline.export.EXPORTS`.
    """

    edit: Mapping[str, Any]
    engine: EngineRecord
    region: RegionRecord
    layer_key: str
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    measurements: Mapping[str, Any] = field(default_factory=dict)
    exports: tuple[str, ...] = ()


def manifest(folder: Path, clip: Clip, layer: Layer, draft: Draft, streams: tuple[StreamRecord, ...]) -> Shot:
    """The manifest, without a proof yet; every file that the edit rests on is hashed."""
    info = clip.info
    return Shot(
        cleanplate=__version__,
        source=SourceRecord(path=str(info.path.absolute()), sha256=clip.source_hash, probe=info.describe()),
        edit=dict(draft.edit),
        engine=draft.engine,
        times=TimesRecord(time_base=str(info.time_base), pts=tuple(info.pts.tolist()), end_pts=info.end_pts),
        region=draft.region,
        layer=spans_of(layer.frames),
        composite=master_name(info),
        quadmask=QUADMASK if (folder / QUADMASK).is_file() else None,
        reasoning=REASONING if (folder / REASONING).is_file() else None,
        tracks=tuple(path.name for path in sorted((folder / TRACKS).glob("*.track"))),
        streams=streams,
        hashes={str(path.relative_to(folder)): sha256(path) for path in _files(folder, master_name(info))},
        measurements=dict(draft.measurements),
        notes=draft.notes,
        warnings=(*info.warnings, *draft.warnings),
    )


def _files(folder: Path, master: str) -> Iterator[Path]:
    single = [folder / name for name in (QUADMASK, REASONING, REGION, master)]
    several = [path for name in (TRACKS, LAYER, master) for path in sorted((folder / name).glob("*"))]
    return (path for path in (*single, *several) if path.is_file())
