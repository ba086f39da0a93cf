"""The checksums of FFV1 slices (RFC 9043, 4.9); on a mismatch FFmpeg shows a patched picture and only logs it."""

from __future__ import annotations

import zlib

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_TRAILER = 3 + 1 + 4  # slice size, error status, checksum
_STARTS = (0, 0x7A8C4079)  # the RFC's, and that of FFmpeg's ``slicecrc=2``


def checksum_start(packet: bytes) -> int | None:
    """The value that a stream's checksums start from and come back to, told by one whole packet; None without any."""
    return next((start for start in _STARTS if is_whole(packet, start)), None)


def is_whole(packet: bytes, start: int) -> bool:
    """True when every slice of a packet matches its checksum; slices are chained from the packet's end."""
    end = len(packet)
    while end >= _TRAILER:
        size = int.from_bytes(packet[end - _TRAILER : end - _TRAILER + 3], "big") + _TRAILER
        if size > end or _crc(packet[end - size : end], start) != start:
            return False
        end -= size
    return end == 0


def _crc(data: bytes, start: int) -> int:
    """CRC-32 with the most significant bit first: zlib's, which goes the other way, on reversed bits."""
    mirrored = zlib.crc32(data.translate(_REVERSED), _mirror(start) ^ 0xFFFFFFFF)
    return _mirror(mirrored ^ 0xFFFFFFFF)


def _mirror(word: int) -> int:
    return int(f"{word:032b}"[::-1], 2)
