"""Opening a bag so that whatever is wrong with it becomes one kind of error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from monomsk_analysis.errors import AnalysisError, BagError
from monomsk_perception.errors import PerceptionError


@contextmanager
def open_bag(path: Path, typestore: Typestore | None = None) -> Iterator[AnyReader]:
    """Open a bag for reading.

    Args:
        path: a rosbag2 folder or file, or a ROS 1 bag.
        typestore: the message types of a bag that does not carry them; None for ROS 2 Jazzy's.

    Raises:
        BagError: it cannot be opened, or fails while it is read within the context.
    """
    if path.is_dir() and not (path / "metadata.yaml").is_file():
        reason = "no rosbag2: it has no metadata.yaml (`ros2 bag reindex` mends one that broke off)"
        raise BagError(path, reason)
    store = typestore or get_typestore(Stores.ROS2_JAZZY)
    try:
        with AnyReader([path], default_typestore=store) as reader:
            yield reader
    except (AnalysisError, PerceptionError):
        raise
    except Exception as error:
        # a damaged file fails anywhere inside the readers of SQLite, MCAP, YAML and of messages
        reason = f"{type(error).__name__}: {error}"
        raise BagError(path, f"not a bag that can be read: {reason}") from error
