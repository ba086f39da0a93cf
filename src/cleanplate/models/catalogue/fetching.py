"""Fetching from the Hugging Face hub: what was begun goes on where it stopped, and every file is what the hub states.

The hub's client keeps nothing of a file that did not arrive whole, so files are fetched into its cache here, and it is
asked to take them over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cleanplate.errors import InputError
from cleanplate.files import disk_errors, require_space
from cleanplate.models.catalogue.places import sources
from cleanplate.models.weights import hub
from cleanplate.models.weights.digests import agrees, stated
from cleanplate.models.weights.hub import Remote, RemoteFile
from cleanplate.progress import Progress, Tick

_MEGABYTE = 1_000_000
_GO_ON = "Run the same command again: it goes on from here."


def looked_up(name: str) -> list[Remote]:
    """What would be fetched for a name, by repository; nothing is fetched yet. Raises what `sources` and `look` do."""
    folders: dict[str, list[str]] = {}
    for weights in sources(name):
        folders.setdefault(weights.repository, []).append(weights.folder)
    return [hub.look(repository, inside) for repository, inside in folders.items()]


def fetch(remote: Remote, progress: Progress, to: Path | None = None) -> Path:
    """Every file that is not here yet; where they lie.

    Args:
        to: a folder of the user's; None is the hub's cache, or that of CLEANPLATE_MODELS.

    Raises:
        InputError: what came is not what the hub states.
        ResourceError: no connection, or no room.
    """
    blobs = hub.storage(remote.repository) / "blobs"
    places = {file: to / file.path if to else blobs / file.digest for file in remote.files}
    where = to or blobs
    with disk_errors(where):
        where.mkdir(parents=True, exist_ok=True)
        require_space(where, sum(file.size - _begun(place) for file, place in places.items()))
        total = -(-remote.size // _MEGABYTE)
        with progress.task(f"Fetching {remote.repository} (MB)", total=total) as tick:
            meter = _Meter(tick)
            taken = [_take(remote, file, place, meter, to) for file, place in places.items()]
            tick(total - meter.told)
    depth = len(Path(remote.files[0].path).parts)
    return to or taken[0].parents[depth - 1]


def _take(remote: Remote, file: RemoteFile, place: Path, meter: _Meter, to: Path | None) -> Path:
    """One file, fetched if need be; where the hub's client has it then."""
    if place.is_file() and agrees(place, file.digest):
        meter.add(file.size)
    else:
        _download(remote, file, place, meter)
    with hub.answered(remote.repository, _GO_ON):
        path = Path(hub.client().hf_hub_download(remote.repository, file.path, cache_dir=hub.home(), local_dir=to))
    if stated(path) not in (file.digest, None):
        raise InputError(f"{file.path} has changed meanwhile", where=remote.repository, remedy="Run the command again.")
    return path


def _download(remote: Remote, file: RemoteFile, place: Path, meter: _Meter) -> None:
    """Fetch a file's missing end, and give it its name when all of it is what the hub states."""
    client = hub.client()
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(place)
    if partial.is_file() and partial.stat().st_size > file.size:
        partial.unlink()  # of another state of the repository
    with partial.open("r+b" if partial.is_file() else "w+b") as opened, hub.answered(remote.repository, _GO_ON):
        begun = opened.seek(0, 2)
        meter.add(begun)
        client.file_download.http_get(
            client.hf_hub_url(remote.repository, file.path, revision=remote.revision),
            opened,
            resume_size=begun,
            headers=client.utils.build_hf_headers(),
            expected_size=file.size,
            tqdm_class=meter.bar(),
        )
    if not agrees(partial, file.digest):
        partial.unlink()
        raise InputError(
            f"{file.path} came with another hash than the hub states",
            where=remote.repository,
            remedy="It was thrown away. Run the command again; at the second time, distrust what lies between.",
        )
    partial.replace(place)


def _partial(place: Path) -> Path:
    return place.with_name(f"{place.name}{hub.INCOMPLETE}")


def _begun(place: Path) -> int:
    """Bytes that are here."""
    return next((path.stat().st_size for path in (place, _partial(place)) if path.is_file()), 0)


class _Meter:
    """Bytes, told as whole megabytes."""

    def __init__(self, tick: Tick) -> None:
        self._tick, self.told, self._bytes = tick, 0, 0

    def add(self, count: int) -> None:
        self._bytes += count
        if (whole := self._bytes // _MEGABYTE) > self.told:
            self._tick(whole - self.told)
            self.told = whole

    def bar(self) -> type[Any]:
        """What the hub's client takes for a progress bar of its own."""
        add = self.add
        plain: Any = hub.client().utils.tqdm

        class Bar(plain):  # type: ignore[misc]
            def __init__(self, *arguments: Any, **settings: Any) -> None:
                super().__init__(*arguments, **settings | {"disable": True})

            def update(self, n: float | None = 1) -> Any:
                add(int(n or 0))
                return super().update(n)

        return Bar
