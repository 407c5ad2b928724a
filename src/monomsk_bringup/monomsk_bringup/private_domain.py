"""A DDS domain of one's own, so that runs on one machine do not hear each other."""

from __future__ import annotations

import fcntl
import os
import random
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from monomsk_bringup.errors import NoDomainError

# above 101 the ports of a domain collide with the ephemeral ports of Linux
DOMAINS = range(1, 102)


class PrivateDomain:
    """Holds a domain for as long as this object is open. A context manager.

    Attributes:
        domain_id: The domain, for `ROS_DOMAIN_ID`.
    """

    def __init__(self, lock_folder: Path | None = None) -> None:
        """Take a free domain.

        Args:
            lock_folder: Where locks are kept; None for the one that all users of this machine
                share. A lock goes with the process that holds it, even when it is killed.

        Raises:
            NoDomainError: All are taken.
        """
        folder = lock_folder or Path(tempfile.gettempdir()) / "monomsk_domains"
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):  # it is another user's, and open to all already
            folder.chmod(0o1777)
        for domain_id in random.SystemRandom().sample(DOMAINS, len(DOMAINS)):
            descriptor = _try_lock(folder / f"{domain_id}.lock")
            if descriptor is not None:
                self.domain_id = domain_id
                self._descriptor: int | None = descriptor
                return
        raise NoDomainError(f"all of the domains {DOMAINS[0]} to {DOMAINS[-1]} are taken")

    def environment(self) -> dict[str, str]:
        """Return the variables that keep ROS within this domain and on this machine."""
        return {
            "ROS_DOMAIN_ID": str(self.domain_id),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        }

    def close(self) -> None:
        """Let others have the domain."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> PrivateDomain:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _try_lock(path: Path) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:  # another user's lock file
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
