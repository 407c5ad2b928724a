"""Errors of this package: each says what is wrong, carries the data, and names the way out."""


class DescriptionError(Exception):
    """Base of every error that `monomsk_description` raises."""


class AnatomyFileError(DescriptionError):
    """An anatomy or landmark file is missing, unreadable or inconsistent.

    Attributes:
        source: The file or the entry in it.
    """

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        super().__init__(f"{source}: {reason}")


class UnsupportedModelError(AnatomyFileError):
    """An OpenSim model has a part that this package cannot represent.

    Attributes:
        part: The unsupported part, such as `PointOnLineConstraint 'belt'`.
    """

    def __init__(self, source: str, part: str, reason: str) -> None:
        self.part = part
        super().__init__(source, f"{part} is not supported: {reason}")


class ImplausibleSubjectError(DescriptionError):
    """A height, mass or segment length that no human has.

    Attributes:
        quantity: Name of the refused quantity, such as `height_m`.
        value: The refused value [SI].
        bounds: Smallest and largest accepted value [SI].
    """

    def __init__(self, quantity: str, value: float, bounds: tuple[float, float]) -> None:
        self.quantity = quantity
        self.value = value
        self.bounds = bounds
        super().__init__(
            f"{quantity} = {value:g} is not a human's: "
            f"expected {bounds[0]:g} to {bounds[1]:g} (SI units: metres, kilograms)"
        )


class UnknownNameError(DescriptionError):
    """A coordinate, segment or length that this skeleton does not have.

    Attributes:
        kind: What was looked up, such as `coordinate`.
        name: The name that was not found.
    """

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        self.kind = kind
        self.name = name
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(known)}")


class IncompleteSkeletonError(DescriptionError):
    """A skeleton without the coordinates or segments that the caller needs.

    Attributes:
        missing: Names of what it lacks.
    """

    def __init__(self, model: str, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(
            f"model {model!r} is not the whole body of 37 degrees of freedom; it lacks "
            f"{', '.join(missing)} (welded joints can be completed, missing segments cannot)"
        )


class ShapeError(DescriptionError):
    """An array of the wrong shape, or one that holds NaN or infinity.

    Attributes:
        name: The argument's name.
    """

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(f"{name}: {reason}")


class BodyModelError(DescriptionError):
    """A message that describes no body of this model.

    Attributes:
        field: The offending field, or the coordinate's name.
        reason: What is wrong with it.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")
