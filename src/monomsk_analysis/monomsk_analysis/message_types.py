"""Messages without compiled message packages: types read from the .msg files themselves.

`rosbags` knows the standard types; monomsk_msgs' own are registered from their definitions, with
the same hashes that rosidl computes, so files written here are those that the nodes would write.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from monomsk_analysis.errors import AnalysisError

MESSAGE_PACKAGE = "monomsk_msgs"


class MessageFilesError(AnalysisError):
    """The message definitions cannot be found.

    Attributes:
        searched: the folders that were looked at.
    """

    def __init__(self, searched: tuple[Path, ...]) -> None:
        self.searched = searched
        places = ", ".join(map(str, searched))
        super().__init__(f"no {MESSAGE_PACKAGE} message definitions in any of: {places}")


class MessageFieldsError(AnalysisError):
    """Fields that do not match a message's definition.

    Attributes:
        message: name of the message type.
        missing: fields of the type that were not given.
        unknown: fields given that the type does not have.
    """

    def __init__(self, message: str, missing: frozenset[str], unknown: frozenset[str]) -> None:
        self.message = message
        self.missing = missing
        self.unknown = unknown
        super().__init__(
            f"{message}: missing fields {sorted(missing)}, unknown fields {sorted(unknown)}"
        )


def message_folder() -> Path:
    """Return the folder of monomsk_msgs' .msg files: installed, else in the source tree.

    Raises:
        MessageFilesError: it is nowhere.
    """
    candidates = _candidates()
    for folder in candidates:
        if (folder / "BodyState.msg").is_file():
            return folder
    raise MessageFilesError(candidates)


def load_typestore() -> Typestore:
    """Return ROS 2 Jazzy's types with monomsk_msgs' own.

    Raises:
        MessageFilesError: the definitions are nowhere.
    """
    typestore = get_typestore(Stores.ROS2_JAZZY)
    definitions: dict[str, Any] = {}
    for file in sorted(message_folder().glob("*.msg")):
        name = f"{MESSAGE_PACKAGE}/msg/{file.stem}"
        definitions.update(get_types_from_msg(file.read_text(encoding="utf-8"), name))
    typestore.register(definitions)
    return typestore


def build_message(typestore: Typestore, message_type: str, fields: Mapping[str, Any]) -> Any:
    """Build a message from nested plain fields.

    Args:
        typestore: where the type is registered.
        message_type: such as `monomsk_msgs/msg/BodyState`.
        fields: the type's fields by name; nested messages as mappings, lists of messages as
            sequences of mappings. A list that is left out is empty, as in ROS; a number is never
            left out, because zero would look like a measurement.

    Raises:
        MessageFieldsError: a field is missing or unknown.
    """
    definitions = dict(typestore.fielddefs[message_type][1])
    required = {name for name, kind in definitions.items() if kind[0] != Nodetype.SEQUENCE}
    missing = frozenset(required) - frozenset(fields)
    unknown = frozenset(fields) - frozenset(definitions)
    if missing or unknown:
        raise MessageFieldsError(message_type, missing, unknown)
    values = {
        name: _build_value(typestore, definition, fields.get(name, ()))
        for name, definition in definitions.items()
    }
    return typestore.types[message_type](**values)


def _build_value(typestore: Typestore, definition: Any, value: Any) -> Any:
    kind, detail = definition
    if kind == Nodetype.NAME:
        return build_message(typestore, detail, value)
    if kind == Nodetype.BASE:
        return _build_scalar(detail[0], value)
    element, _ = detail
    if element[0] == Nodetype.BASE and element[1][0] != "string":
        return np.ascontiguousarray(value, dtype=np.dtype(element[1][0]))
    return [_build_value(typestore, element, item) for item in value]


def _build_scalar(base: str, value: Any) -> Any:
    if base == "string":
        return str(value)
    if base == "bool":
        return bool(value)
    return float(value) if base.startswith("float") else int(value)


def _candidates() -> tuple[Path, ...]:
    installed = [
        Path(prefix) / "share" / MESSAGE_PACKAGE / "msg"
        for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
        if prefix
    ]
    beside = [
        parent / part / MESSAGE_PACKAGE / "msg"
        for parent in Path(__file__).resolve().parents
        for part in ("", "src", f"{MESSAGE_PACKAGE}/share", "share")
    ]
    return (*installed, *beside)
