"""Errors of this package: each says what is wrong, carries the data, and names the way out."""


class AssistError(Exception):
    """Base of every error that `monomsk_assist` raises."""


class MappingError(AssistError):
    """A mapping file that no device may be driven by.

    Attributes:
        source: The file.
        place: Where in it, such as `joints.right_hip.limits`; empty: the whole file.
        key: The key at fault; empty: the place itself.
        reason: What is wrong, and the way out.
    """

    def __init__(self, source: str, place: str, key: str, reason: str) -> None:
        self.source = source
        self.place = place
        self.key = key
        self.reason = reason
        where = ": ".join(part for part in (source, place, key) if part)
        super().__init__(f"{where}: {reason}")


class MessageError(AssistError):
    """A message that cannot be used.

    Attributes:
        field: The field, or the coordinate in it.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(f"{field}: {reason}")


class NotFiniteError(MessageError):
    """A message whose motion or torques hold NaN or infinity."""


class ParameterError(AssistError):
    """A parameter that the node cannot work with.

    Attributes:
        parameter: Its name.
    """

    def __init__(self, parameter: str, reason: str) -> None:
        self.parameter = parameter
        super().__init__(f"{parameter}: {reason}")
