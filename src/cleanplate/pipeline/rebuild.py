"""`rebuild`: a shot made again from its stored layer, in a folder of its own. Nothing is generated."""

from __future__ import annotations

import shutil
from pathlib import Path

from cleanplate.edit.layer import Layer
from cleanplate.edit.package import (
    ANSWER,
    GENERATED,
    LAYER,
    MOTION,
    QUADMASK,
    REASONING,
    REGION,
    TRACKS,
    ShotPackage,
)
from cleanplate.edit.verify import open_plate
from cleanplate.files import sha256
from cleanplate.masks.parts import parts_path
from cleanplate.masks.quadmask import index_path
from cleanplate.media.clip import Clip
from cleanplate.pipeline.export import require_known
from cleanplate.pipeline.finish import Finish
from cleanplate.pipeline.record import Draft
from cleanplate.pipeline.rematte import MatteChange, rewrite_matte
from cleanplate.pipeline.workshop import Workshop, opened
from cleanplate.progress import Progress, Silent


def rebuild(
    shot: Path | str,
    out: Path | str,
    *,
    source: Path | None = None,
    change: MatteChange | None = None,
    exports: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> ShotPackage:
    """Composite a package's layer over its plate again, as after an edit of the layer or matte in another program.

    Args:
        source: where the plate lies now, when not where it was.
        change: what to do to the matte first.
    Raises:
        PackageError: no package, or its plate is not there or not the one it was made from.
    """
    package, out, progress, change = ShotPackage.open(shot), Path(out), progress or Silent(), change or MatteChange()
    require_known(exports)
    record = package.shot
    with open_plate(package, source) as clip, opened(out) as shop:
        _copy_selection(package, shop)
        key = _copy_layer(package, clip, shop, change, progress)
        draft = Draft(
            edit=record.edit,
            engine=record.engine,
            region=record.region,
            layer_key=key,
            notes=record.notes,
            warnings=tuple(w for w in record.warnings if w not in clip.info.warnings),
            measurements=record.measurements,
            exports=exports,
        )
        return Finish(shop, clip, Layer.open(shop.folder / LAYER), draft, out, progress).deliver()


def _copy_selection(package: ShotPackage, shop: Workshop) -> None:
    """What led to the layer goes along as it is."""
    masks = [name for mask in (QUADMASK, REGION) for name in (mask, index_path(Path(mask)).name)]
    for name in (*masks, parts_path(Path(QUADMASK)).name, ANSWER, REASONING, GENERATED, MOTION):
        if (package.folder / name).is_file():
            shutil.copyfile(package.path(name), shop.folder / name)
    if (package.folder / TRACKS).is_dir():
        shutil.copytree(package.folder / TRACKS, shop.folder / TRACKS, dirs_exist_ok=True)


def _copy_layer(package: ShotPackage, clip: Clip, shop: Workshop, change: MatteChange, progress: Progress) -> str:
    """The layer, its matte changed on request; returns the key of what the composite depends on."""
    files = sorted(path for path in package.path(LAYER).iterdir() if path.is_file())
    inputs = {
        "plate": clip.source_hash,
        "files": {path.name: sha256(path) for path in files},
        "change": [change.refine, change.chroma_safe],
    }

    def work() -> None:
        with package.layer() as layer:
            layer.require_fit(clip.info)
            if not change:
                shutil.copytree(package.path(LAYER), shop.folder / LAYER)
                return
            region = package.region(clip.info)
            rewrite_matte(layer, clip, region, shop.folder / LAYER, change=change, progress=progress)

    shop.stage("layer", inputs, [LAYER], work, leaves=[LAYER] if change else [])
    return shop.key("layer")
