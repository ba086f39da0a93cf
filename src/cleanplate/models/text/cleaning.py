"""Text as Wan2.1 cleans it before it is encoded."""

from __future__ import annotations

import html

from cleanplate.errors import missing_extra


def clean(text: str) -> str:
    """Mended encoding (ftfy), HTML's entities resolved twice, and single spaces. Raises ResourceError without ftfy."""
    try:
        import ftfy
    except ImportError as error:
        raise missing_extra("ftfy", "learned") from error
    mended = html.unescape(html.unescape(ftfy.fix_text(text)))
    return " ".join(mended.split())
