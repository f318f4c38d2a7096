"""Pieces of HTML. Whatever comes from data passes through `text`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

# Control characters, and those that turn the reading direction around: a name must not make the
# rest of the page read as something else.
_DECEIVING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def plain(given: object) -> str:
    """A text without characters that deceive or cannot be written."""
    return _DECEIVING.sub(_REPLACEMENT, str(given))


def text(given: object) -> str:
    """HTML that shows a text as it is, in elements and in quoted attributes."""
    return escape(plain(given), quote=True)


def section(title: str, *parts: str) -> str:
    """A part of the page with a heading; nothing where it has no content."""
    content = "".join(parts)
    return f"<section><h2>{text(title)}</h2>{content}</section>" if content else ""


def note(sentence: str) -> str:
    """A paragraph of explanation."""
    return f'<p class="note">{text(sentence)}</p>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> str:
    """A table that scrolls by itself where it is too wide; its first column names the rows.

    Args:
        head: texts.
        rows: of HTML.
        kind: CSS classes.
    """
    heads = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Names with their values, one below the other."""
    items = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in pairs)
    return f"<dl>{items}</dl>" if items else ""
