"""Footage leaves this machine only when the user has said so."""

from __future__ import annotations

import ipaddress
import os
import socket
from urllib.parse import urlsplit

from cleanplate.errors import ReasonerError, UsageError

ALLOWED = "CLEANPLATE_ALLOW_UPLOAD"
"""Hosts that pictures may be sent to, separated by commas; "yes" is any."""
_YES = ("yes", "1", "true")


def host_of(url: str) -> str:
    """The host of an address. Raises UsageError for one that is no web address, or that carries a password or query."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"'{url}' is no address of a server ({error})", remedy=_FORM) from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"'{url}' is no address of a server", remedy=_FORM)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError("the server's address holds a name, a password or a query", where=host, remedy=_KEYS)
    return host


def stays_here(url: str) -> bool:
    """True when a server is this machine itself: a loopback address, or "localhost" where it means nothing else."""
    host = host_of(url)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    if host != "localhost":
        return False
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found)


def require_consent(url: str, what: str, *, allowed: bool) -> None:
    """Raise ReasonerError unless the pictures stay on this machine or may leave it.

    Args:
        what: would be sent, in words.
        allowed: the user said so for this run.
    """
    host = host_of(url)
    if allowed or stays_here(url) or _listed(host):
        return
    how = "" if url.startswith("https:") else " over a connection that is not encrypted"
    raise ReasonerError(
        f"{what} would be sent to {host}{how}, and nothing leaves this machine unless you say so; nothing was sent",
        remedy=f"Say so with --allow-upload, or for good with {ALLOWED}={host}.",
    )


def _listed(host: str) -> bool:
    named = [entry.strip().casefold() for entry in os.environ.get(ALLOWED, "").split(",")]
    return host.casefold() in named or any(entry in _YES for entry in named)


_FORM = "Write it like http://localhost:8000/v1 or https://api.openai.com/v1."
_KEYS = "Leave it out; a key is given by CLEANPLATE_REASONER_KEY."
