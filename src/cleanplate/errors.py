"""The one family of errors that a user sees: what was wrong, where, and what to do about it."""

from __future__ import annotations


class CleanplateError(Exception):
    """Base of every error that cleanplate raises on purpose.

    Args:
        what: what is wrong, in one sentence without a full stop.
        where: the file, frame, option or place it concerns.
        remedy: what the user can do about it.
    """

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(self.__str__())

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}. {self.remedy}" if self.remedy else head


class UsageError(CleanplateError):
    """Options that contradict each other or cannot be parsed."""

    exit_code = 2


class InputError(CleanplateError):
    """A plate, mask, selection or document that cannot be used as it is."""


class PackageError(CleanplateError):
    """A shot package that is missing, incomplete, or not one of ours."""


class ProofError(CleanplateError):
    """The delivered composite differs from the plate where it may not."""

    exit_code = 1


class RefusalError(CleanplateError):
    """The engine cannot serve this edit on this machine; the remedy says what would."""

    exit_code = 4


class ResourceError(CleanplateError):
    """The machine lacks something: disk, memory, a permission, an optional dependency."""

    exit_code = 5


class ReasonerError(ResourceError):
    """A reasoner gave no answer that can be used: not reached, not allowed, too dear, or nonsense twice."""


def missing_extra(package: str, extra: str) -> ResourceError:
    """The error for an optional dependency that is not installed."""
    return ResourceError(
        f"this needs the package '{package}', which is not installed",
        remedy=f"Install it with: pip install 'cleanplate[{extra}]'",
    )
