"""Why a command is not in full force, and what becomes of each reason."""

from enum import Enum


class Severity(Enum):
    """What a reason does to an active command.

    WAIT: fade out; go on from there when it is over before zero is reached.
    STOP: fade to zero; arm anew when it is over.
    LATCH: fade to zero and stay there until it is over and `reset_fault` is called.
    """

    WAIT = 1
    STOP = 2
    LATCH = 3


class Reason(Enum):
    """Name as it stands in AssistCommand.reasons, and its severity."""

    INPUT_SILENT = ("input_silent", Severity.WAIT)
    TOO_OLD = ("too_old", Severity.WAIT)
    DEADLINE_MISSED = ("deadline_missed", Severity.WAIT)
    NO_ESTIMATE = ("no_estimate", Severity.STOP)
    NO_BODY_MODEL = ("no_body_model", Severity.STOP)
    LIVELINESS_LOST = ("liveliness_lost", Severity.STOP)
    NOT_FINITE = ("not_finite", Severity.STOP)
    BAD_MESSAGE = ("bad_message", Severity.STOP)
    UNCERTAIN_TORQUE = ("uncertain_torque", Severity.STOP)
    ROOT_RESIDUAL = ("root_residual", Severity.STOP)
    INCONSISTENT = ("inconsistent", Severity.STOP)
    ENCODER_SILENT = ("encoder_silent", Severity.STOP)
    ENCODER_DISAGREES = ("encoder_disagrees", Severity.STOP)
    LOOP_LATE = ("loop_late", Severity.STOP)
    PERSON_CHANGED = ("person_changed", Severity.LATCH)
    STAMP_JUMP = ("stamp_jump", Severity.LATCH)
    CLOCK_JUMP = ("clock_jump", Severity.LATCH)
    LIMITS_VIOLATED = ("limits_violated", Severity.LATCH)
    SECOND_INPUT = ("second_input_publisher", Severity.LATCH)
    SECOND_OUTPUT = ("second_output_publisher", Severity.LATCH)
    TOO_MANY_FADES = ("too_many_fades", Severity.LATCH)

    def __init__(self, text: str, severity: Severity) -> None:
        self.text = text
        self.severity = severity


#: In `reasons` of a command without any of the above.
NOT_ENABLED = "not_enabled"
STOP_REQUESTED = "stop_requested"
FADING_IN = "fading_in"
#: Of a joint, whose name follows after a colon: its law lacks what it needs, such as the phase.
UNKNOWN_LAW = "unknown"


def worst(reasons: frozenset[Reason]) -> Severity | None:
    """The gravest severity; None without reasons."""
    if not reasons:
        return None
    return max((reason.severity for reason in reasons), key=lambda severity: severity.value)


def texts(reasons: frozenset[Reason]) -> tuple[str, ...]:
    """Their names, in the order of the enumeration."""
    return tuple(reason.text for reason in Reason if reason in reasons)
