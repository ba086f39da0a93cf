"""Where files come in: what is no local video is refused here, and FFmpeg is opened so that it can fetch nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from cleanplate.errors import InputError, ResourceError

CONTAINERS = (
    "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,mxf,ogg,ivf,nut,flv,asf,gif,apng,dv,"
    "yuv4mpegpipe,m4v,mjpeg,h264,hevc,obu"
)
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
_PLAYLIST_NAMES = (
    ".m3u", ".m3u8", ".pls", ".asx", ".xspf", ".sdp", ".mpd", ".ism", ".f4m", ".ffconcat", ".concat", ".ffmeta",
    ".smil", ".cue", ".ram", ".rtsp", ".avs", ".vpy",
)  # fmt: skip
_PLAYLIST_STARTS = (
    b"#extm3u", b"ffconcat", b"file ", b";ffmetadata", b"<?xml", b"<mpd", b"<smil", b"<asx", b"v=0", b"[playlist]",
    b"[reference]", b"rtsp://", b"http://", b"https://",
)  # fmt: skip
_HEAD = 4096


def local_file(path: Path) -> Path:
    """The path, once it is known to be a file with something in it that may be a video.

    Raises:
        InputError: nothing there, a folder, an empty file, a device, a playlist, or plain text.
        ResourceError: no permission to read.
    """
    where = str(path)
    if not path.exists():
        raise InputError("no such file", where=where, remedy="Check the path.")
    if path.is_dir():
        raise InputError("this is a folder", where=where, remedy="Give a video file or a folder of images.")
    if not path.is_file():
        raise InputError("this is not a regular file", where=where, remedy="Give a video file on this machine.")
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except PermissionError as error:
        raise ResourceError("no permission to read the file", where=where) from error
    if not head:
        raise InputError("the file is empty", where=where, remedy="Copy or export it again.")
    _refuse_text(path, head)
    return path


def _refuse_text(path: Path, head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if path.suffix.lower() in _PLAYLIST_NAMES or start.startswith(_PLAYLIST_STARTS):
        raise InputError(
            "playlists and scripts that point at other files are not opened",
            where=str(path),
            remedy="Give the video file itself; nothing is ever fetched from the network.",
        )
    if not head.startswith(b"YUV4MPEG2") and _is_text(head):
        raise InputError("this is text, not a video", where=str(path), remedy="Give a video file.")


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8", errors="strict" if len(head) < _HEAD else "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" for letter in text) and len(text.encode()) > len(head) - 4


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """FFmpeg's view of a local file. The `file:` prefix keeps it from reading a protocol into the name.

    Raises:
        InputError: no container that FFmpeg knows, or one that may point elsewhere.
    """
    try:
        container = av.open(f"file:{path.absolute()}", options=_OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, UnicodeEncodeError) as error:
        raise _unreadable(path, isinstance(error, av.error.EOFError)) from error
    with container:
        yield container


def _unreadable(path: Path, ended: bool) -> InputError:
    if ended:
        return InputError(
            "the video has no frames: the file ends after its header", where=str(path), remedy="Export it again."
        )
    with path.open("rb") as stream:
        head = stream.read(12)
    if head[4:8] in (b"ftyp", b"mdat", b"wide", b"free", b"moov"):
        return InputError(
            "the file has no readable index: it was cut off, or its recording was never finished",
            where=str(path),
            remedy="Copy it again from its source.",
        )
    return InputError(
        "this is not a video in a container that is read here",
        where=str(path),
        remedy="Supported are MP4/MOV, Matroska/WebM, AVI, MXF, MPEG-TS/PS, Ogg, IVF, Y4M and image sequences.",
    )


def plate_stream(container: InputContainer, path: Path) -> VideoStream:
    """The video stream that is the plate: the first that is no cover picture.

    Raises:
        InputError: the file holds no moving picture.
    """
    moving = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not moving:
        what = "only audio" if container.streams.audio else "no video"
        raise InputError(f"the file holds {what}", where=str(path), remedy="Give a file with a video stream.")
    return moving[0]
