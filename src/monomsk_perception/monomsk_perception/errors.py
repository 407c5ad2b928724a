"""Errors of this package: one base class, every error carries the data that offended."""

from __future__ import annotations

from pathlib import Path


class PerceptionError(Exception):
    """Base of every error that this package raises on purpose."""


class CameraError(PerceptionError):
    """A camera matrix, distortion or image size that no camera can have.

    Attributes:
        field: Which quantity is wrong, such as ``"focal_x_px"``.
        value: The value that arrived.
    """

    def __init__(self, field: str, value: object, reason: str) -> None:
        self.field = field
        self.value = value
        self.reason = reason
        super().__init__(f"camera {field} = {value}: {reason}")


class ImageError(PerceptionError):
    """Image data that cannot be turned into an 8-bit colour image.

    Attributes:
        encoding: The encoding that arrived.
        reason: What is wrong with it.
    """

    def __init__(self, encoding: str, reason: str) -> None:
        self.encoding = encoding
        self.reason = reason
        super().__init__(f"image with encoding '{encoding}': {reason}")


class LandmarkError(PerceptionError):
    """Landmark arrays of a wrong shape.

    Attributes:
        field: Name of the array.
        shape: The shape that arrived.
        expected: The shape that belongs there.
    """

    def __init__(self, field: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
        self.field = field
        self.shape = shape
        self.expected = expected
        super().__init__(f"landmarks {field}: shape {shape}, expected {expected}")


class OptionError(PerceptionError):
    """An option outside its range.

    Attributes:
        option: Name of the option.
        value: The value that arrived.
    """

    def __init__(self, option: str, value: object, reason: str) -> None:
        self.option = option
        self.value = value
        self.reason = reason
        super().__init__(f"{option} = {value!r}: {reason}")


class ModelFileError(PerceptionError):
    """A pose model file that is missing, damaged or not the one that this code decodes.

    Attributes:
        model: Name of the model, such as ``"pose_landmark_full"``.
        path: Where it was looked for.
    """

    def __init__(self, model: str, path: Path, reason: str) -> None:
        self.model = model
        self.path = path
        self.reason = reason
        super().__init__(
            f"pose model '{model}' at {path}: {reason}. Run `make setup`, which fetches the "
            "models, or set MONOMSK_MODEL_DIR to the folder that holds the .tflite files"
        )


class LifterWeightsError(PerceptionError):
    """Weights of the lifter that are missing, damaged or made for another skeleton.

    Attributes:
        path: Where they were looked for.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"lifter weights {path}: {reason}; the geometric lifter needs none")
