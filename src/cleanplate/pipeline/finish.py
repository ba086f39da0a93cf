"""From a stored layer to a delivered package: master, preview, timeline, proof, report. Every edit ends here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cleanplate.edit import package as names
from cleanplate.edit.layer import Layer
from cleanplate.edit.manifest import Run, Shot, StageRecord, StreamRecord
from cleanplate.edit.otio import write_timeline
from cleanplate.edit.package import ShotPackage
from cleanplate.edit.proof import Proof
from cleanplate.edit.verify import stream_record, verify
from cleanplate.errors import ProofError
from cleanplate.masks.parts import Parts, parts_path
from cleanplate.masks.quadmask import index_path
from cleanplate.masks.reasoning import read_reasoning
from cleanplate.media.clip import Clip
from cleanplate.media.frame import Frame
from cleanplate.media.preview import write_preview
from cleanplate.pipeline.export import EXPORTS, write_export
from cleanplate.pipeline.ledger import LEDGER
from cleanplate.pipeline.machine import peak_memory
from cleanplate.pipeline.master import SEGMENTS, master_name, write_master
from cleanplate.pipeline.record import Draft, manifest
from cleanplate.pipeline.workshop import Workshop, deliver
from cleanplate.progress import Progress, Tick
from cleanplate.report.data import PREVIEW, ReportData, StageTime
from cleanplate.report.morph import morph_findings
from cleanplate.report.write import FOLDER, write_report

MASK_FILES = (
    *(names.TRACKS, names.ANSWER, names.REASONING, names.QUADMASK),
    *(index_path(Path(names.QUADMASK)).name, parts_path(Path(names.QUADMASK)).name, LEDGER),
)
_SHOT_FILES = (
    *(names.SHOT, names.RUN, names.COMPOSITE, names.COMPOSITE_FRAMES, names.LAYER, names.EXPORT, names.EXTRA),
    *(names.PREVIEW, names.TIMELINE, names.REPORT, FOLDER, *MASK_FILES),
    *(names.REGION, index_path(Path(names.REGION)).name, names.GENERATED, names.MOTION),
)


@dataclass(frozen=True)
class Finish:
    """The remaining stages of a shot whose layer is stored in the workshop."""

    shop: Workshop
    clip: Clip
    layer: Layer
    draft: Draft
    out: Path
    progress: Progress

    def deliver(self) -> ShotPackage:
        """Run the stages and give the shot its name.

        Raises:
            ProofError: the composite differs from the plate where it may not; nothing is delivered.
        """
        streams = self._composite()
        self._preview()
        self._timeline()
        self._exports()
        shot = manifest(self.shop.folder, self.clip, self.layer, self.draft, streams)
        shot = shot.model_copy(update={"proof": self._prove(ShotPackage.write(self.shop.folder, shot))})
        self._report(ShotPackage.write(self.shop.folder, shot))
        self.layer.close()
        ShotPackage.write(self.shop.folder, shot, self._run())
        deliver(self.shop, self.out, _SHOT_FILES)
        return ShotPackage.open(self.out)

    def _composite(self) -> tuple[StreamRecord, ...]:
        master = master_name(self.clip.info)

        def work() -> dict[str, Any]:
            joined = write_master(self.clip, self.layer, self.shop.folder, self.shop.machine.threads, self.progress)
            return {"streams": [stream_record(stream).model_dump(mode="json") for stream in joined.streams]}

        inputs = {"plate": self.clip.source_hash, "layer": self.draft.layer_key}
        leaves = [names.EXTRA, *([master] if self.clip.info.format.is_float else [])]
        result = self.shop.stage("composite", inputs, [master], work, leaves=leaves, spent=[SEGMENTS])
        return tuple(StreamRecord.model_validate_json(_json(stream)) for stream in result["streams"])

    def _preview(self) -> None:
        def work() -> None:
            with self._opened_master() as master, self.progress.task("Preview", len(master)) as tick:
                write_preview(_ticking(master, tick), self.clip.info, self.shop.folder / names.PREVIEW)

        self.shop.stage("preview", self._of_composite(), [names.PREVIEW], work)

    def _timeline(self) -> None:
        folder, info = self.shop.folder, self.clip.info

        def work() -> None:
            write_timeline(folder / names.TIMELINE, info, folder / names.LAYER, self.layer.frames, title=self.out.name)

        inputs = self._of_composite() | {"plate": str(info.path.absolute()), "out": str(self.out.absolute())}
        self.shop.stage("timeline", inputs, [names.TIMELINE], work)

    def _exports(self) -> None:
        for name in self.draft.exports:

            def work(name: str = name) -> None:
                write_export(name, self.clip, self.layer, self.shop.folder / names.EXPORT, self.progress)

            inputs = {"plate": self.clip.source_hash, "layer": self.draft.layer_key}
            self.shop.stage(f"export {name}", inputs, [f"{names.EXPORT}/{EXPORTS[name].path}"], work)

    def _prove(self, package: ShotPackage) -> Proof:
        def work() -> dict[str, Any]:
            proof = verify(package, source=self.clip.info.path, progress=self.progress)
            return {"proof": proof.model_dump(mode="json")}

        inputs = self._of_composite() | {"shot": package.shot.model_dump(mode="json", exclude={"warnings", "notes"})}
        proof = Proof.model_validate_json(_json(self.shop.stage("proof", inputs, [], work)["proof"]))
        if not proof.passed:
            raise ProofError("; ".join(proof.faults), where=str(package.folder), remedy=_remedy(proof))
        return proof

    def _report(self, package: ShotPackage) -> None:
        def work() -> None:
            with self._opened_master() as master:
                page = self.shop.folder / names.REPORT
                write_report(self._report_data(master, package), page, self.progress)

        inputs = {"proof": self.shop.key("proof"), "title": self.out.name}
        self.shop.stage("report", inputs, [names.REPORT], work)

    def _report_data(self, master: Clip, package: ShotPackage) -> ReportData:
        shot, parts = package.shot, package.path(parts_path(Path(names.QUADMASK)).name)
        return ReportData(
            title=self.out.name,
            plate=self.clip,
            composite=master,
            layer=self.layer,
            quadmask=package.quadmask(),
            parts=Parts(parts) if parts.exists() else None,
            region=package.region(self.clip.info),
            reasoning=read_reasoning(package.path(shot.reasoning)) if shot.reasoning else None,
            proof=shot.proof,
            stages=tuple(StageTime(s.name, s.seconds, s.cached) for s in self.shop.ledger.stages if s.finished),
            peak_memory=peak_memory(),
            warnings=shot.warnings,
            notes=shot.notes,
            preview=bool(shot.measurements.get(PREVIEW)),
            morph=morph_findings(shot.measurements),
            facts=_facts(shot),
        )

    def _run(self) -> Run:
        done = [stage for stage in self.shop.ledger.stages if stage.finished]
        return Run(
            stages=tuple(StageRecord(name=s.name, seconds=s.seconds, cached=s.cached) for s in done),
            peak_memory=max(stage.peak_bytes for stage in done),
            machine=asdict(self.shop.machine),
        )

    def _of_composite(self) -> dict[str, Any]:
        return {"composite": self.shop.key("composite")}

    def _opened_master(self) -> Clip:
        path = self.shop.folder / master_name(self.clip.info)
        return Clip.open(path, rate=self.clip.info.rate if path.is_dir() else None)


def _remedy(proof: Proof) -> str:
    if proof.outside_region.differing and not proof.alpha_zero.differing:
        return "Nothing was delivered. The matte reaches out of the permitted region: trim it, or permit more."
    return "Nothing was delivered. Please report this, with the plate's format."


def _facts(shot: Shot) -> dict[str, str]:
    said = {"Instruction": str(shot.edit["instruction"])} if "instruction" in shot.edit else {}
    return said | {
        "Engine": shot.engine.name,
        "Seed": str(shot.engine.seed),
        "Written by": f"cleanplate {shot.cleanplate}",
    }


def _ticking(clip: Clip, tick: Tick) -> Iterator[Frame]:
    for frame in clip.frames():
        yield frame
        tick()


def _json(value: Any) -> str:
    return json.dumps(value)
