"""Errors of this package: each says what is wrong and carries the data."""

from pathlib import Path


class TrainingError(Exception):
    """Base of every error that `monomsk_training` raises."""


class MotionFileError(TrainingError):
    """A motion file is missing, unreadable or inconsistent.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path}: {reason}")


class RecipeError(TrainingError):
    """A configuration or recipe file has a wrong entry.

    Attributes:
        entry: The entry.
    """

    def __init__(self, entry: str, reason: str) -> None:
        self.entry = entry
        super().__init__(f"{entry}: {reason}")


class CheckpointError(TrainingError):
    """A checkpoint does not fit what it is read for.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path} {reason}")


class KinematicsError(TrainingError):
    """A joint that the batched kinematics cannot represent.

    Attributes:
        joint: Its name.
    """

    def __init__(self, joint: str, reason: str) -> None:
        self.joint = joint
        super().__init__(f"joint {joint!r}: {reason}")
