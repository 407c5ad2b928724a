"""Writes serialised messages to an MCAP rosbag2 folder, which never looks whole when it is not.

Before the disk is full the bag is closed properly, with its index and metadata. When a write fails
nevertheless, writing stops and the folder gets no `metadata.yaml`, so that nothing takes it for a
complete bag; what is in the file up to there can be had with `mcap recover`.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.errors import WriterError
from rosbags.typesys.store import Typestore

from monomsk_analysis.errors import OutputError
from monomsk_analysis.message_types import load_typestore

BAG_VERSION = 9
DEFAULT_RESERVE_BYTES = 64 * 2**20
_CHECK_EVERY_BYTES = 2**20
_INFINITE = QosTime(2147483647, 4294967295)


@dataclass(frozen=True)
class BagTopic:
    """A topic to be written.

    Attributes:
        name: Absolute topic name.
        message_type: Such as `monomsk_msgs/msg/BodyState`.
        reliable: Whether its publisher is reliable.
        latched: Whether its publisher keeps the last message for late subscribers.
    """

    name: str
    message_type: str
    reliable: bool = True
    latched: bool = False


class BagWriter:
    """One bag, from opening to closing. A context manager."""

    def __init__(
        self,
        folder: Path,
        reserve_bytes: int = DEFAULT_RESERVE_BYTES,
        typestore: Typestore | None = None,
    ) -> None:
        """Create the folder and the file.

        Args:
            folder: The bag's folder; must not exist yet, its parents may.
            reserve_bytes: Free disk space at which the bag is closed [bytes].
            typestore: The message types; None for ROS 2 Jazzy's and monomsk_msgs'.

        Raises:
            OutputError: The folder exists, cannot be created, or the disk is full already.
            MessageFilesError: monomsk_msgs is not installed.
        """
        self.folder = folder
        self._reserve_bytes = reserve_bytes
        self._unchecked_bytes = 0
        self._typestore = typestore or load_typestore()
        self._connections: dict[str, Connection] = {}
        self._counts: dict[str, int] = {}
        self._writer: Writer | None = None
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._check_space(folder.parent)
            writer = Writer(folder, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP)
            writer.open()
        except (OSError, WriterError) as error:
            raise OutputError(folder, f"cannot be created: {_reason(error)}") from error
        self._writer = writer

    @property
    def is_open(self) -> bool:
        """Whether messages can be written."""
        return self._writer is not None

    @property
    def message_counts(self) -> dict[str, int]:
        """Messages written so far by topic."""
        return dict(self._counts)

    def add_topic(self, topic: BagTopic) -> None:
        """Announce a topic; it appears in the bag even without messages.

        Raises:
            OutputError: The bag is closed, or has the topic already.
        """
        writer = self._open_writer()
        try:
            self._connections[topic.name] = writer.add_connection(
                topic.name,
                topic.message_type,
                typestore=self._typestore,
                offered_qos_profiles=[_qos(topic)],
            )
        except WriterError as error:
            raise OutputError(self.folder, _reason(error)) from error
        self._counts[topic.name] = 0

    def write(self, topic: str, log_time_ns: int, cdr: bytes) -> None:
        """Write one message.

        Args:
            topic: A topic that was added.
            log_time_ns: When it was received [ns].
            cdr: The message, serialised with its encapsulation header.

        Raises:
            OutputError: The disk is full or broken; the bag is closed and stays closed.
        """
        writer = self._open_writer()
        self._unchecked_bytes += len(cdr)
        if self._unchecked_bytes >= _CHECK_EVERY_BYTES:
            self._unchecked_bytes = 0
            try:
                self._check_space(self.folder)
            except OutputError:
                self.close()
                raise
        try:
            writer.write(self._connections[topic], log_time_ns, cdr)
        except OSError as error:
            self._abandon(error)
        self._counts[topic] += 1

    def close(self) -> None:
        """Write index and metadata; does nothing when closed already.

        Raises:
            OutputError: The disk is full or broken.
        """
        if self._writer is None:
            return
        try:
            self._writer.close()
        except OSError as error:
            self._abandon(error)
        self._writer = None

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise OutputError(self.folder, "the bag is closed")
        return self._writer

    def _check_space(self, folder: Path) -> None:
        free_bytes = shutil.disk_usage(folder).free
        if free_bytes < self._reserve_bytes:
            raise OutputError(
                self.folder,
                f"the disk is nearly full ({free_bytes / 2**20:.0f} MB left, "
                f"{self._reserve_bytes / 2**20:.0f} MB are kept free)",
            )

    def _abandon(self, error: OSError) -> None:
        """Stop writing for good after a failed write.

        Raises:
            OutputError: Always.
        """
        writer, self._writer = self._writer, None
        if writer is not None:
            # the buffered rest cannot be written either: that is the error being reported
            with suppress(OSError):
                writer.abort()
        raise OutputError(
            self.folder,
            f"writing failed, the bag is incomplete and has no metadata.yaml: {_reason(error)}",
        ) from error


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _qos(topic: BagTopic) -> Qos:
    return Qos(
        QosHistory.KEEP_LAST,
        1 if topic.latched else 10,
        QosReliability.RELIABLE if topic.reliable else QosReliability.BEST_EFFORT,
        QosDurability.TRANSIENT_LOCAL if topic.latched else QosDurability.VOLATILE,
        _INFINITE,
        _INFINITE,
        QosLiveliness.AUTOMATIC,
        _INFINITE,
        False,
    )
