"""Command-line options as dataclasses: one field an option, so that commands take one argument."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable
from typing import Any


def takes_options(options: type) -> Callable[[Callable[[Any], None]], Callable[..., None]]:
    """Give a command, which takes a dataclass, the signature that typer reads options from.

    Args:
        options: a dataclass whose fields are annotated with `typer.Option` or `typer.Argument`.
    """
    hints = typing.get_type_hints(options, include_extras=True)
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=hints[field.name],
            default=(
                inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
            ),
        )
        for field in dataclasses.fields(options)
    ]

    def decorate(command: Callable[[Any], None]) -> Callable[..., None]:
        def run(**values: Any) -> None:
            command(options(**values))

        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {**hints, "return": None}
        return run

    return decorate
