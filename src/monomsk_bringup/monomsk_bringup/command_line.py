"""Command lines of launch files, split into words as ros2 launch does it."""

from __future__ import annotations

import shlex

from monomsk_bringup.errors import SubstitutionError
from monomsk_bringup.substitutions import Scope, Template, Text, expand


def split_words(template: Template, scope: Scope) -> tuple[str, ...]:
    """Split a command line.

    Args:
        template: The command line. Its literal text is split as a shell does, each part between
            substitutions by itself; what a substitution yields stays one word, spaces included.
        scope: What to evaluate against.

    Returns:
        The words.

    Raises:
        SubstitutionError: A quote around a substitution, or one that is not closed.
    """
    words: list[str] = []
    pending: str | None = None
    for part in template:
        if not isinstance(part, Text):
            pending = (pending or "") + expand((part,), scope)
            continue
        if part.value[0].isspace() and pending is not None:
            words.append(pending)
            pending = None
        pieces = _split_text(part.value)
        for index, piece in enumerate(pieces):
            pending = (pending or "") + piece
            if index < len(pieces) - 1 or part.value[-1].isspace():
                words.append(pending)
                pending = None
    return tuple(words if pending is None else [*words, pending])


def _split_text(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise SubstitutionError(text, f"{error} (no quotes around $(...))") from error
