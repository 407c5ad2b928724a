"""Errors about devices and their controllers."""

from __future__ import annotations

from collections.abc import Sequence

from monomsk_assist.errors import AssistError


class DeviceError(AssistError):
    """A device that cannot be put together.

    Attributes:
        part: The link or the joint at fault.
    """

    def __init__(self, part: str, reason: str) -> None:
        self.part = part
        super().__init__(f"{part}: {reason}")


class JointOrderError(AssistError):
    """A list of joints that does not fit the one of a controller.

    Attributes:
        joint: The joint at fault.
        expected: The joints that the other side knows.
    """

    def __init__(self, joint: str, reason: str, expected: Sequence[str]) -> None:
        self.joint = joint
        self.expected = tuple(expected)
        super().__init__(f"joint {joint}: {reason} ({', '.join(self.expected)})")
