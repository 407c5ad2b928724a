"""Errors of this package: each says what is wrong, carries the data, and names the way out."""

from pathlib import Path


class DynamicsError(Exception):
    """Base of every error that `monomsk_dynamics` raises."""


class ShapeError(DynamicsError):
    """An array of the wrong shape, or one that holds NaN or infinity where it must not.

    Attributes:
        name: The argument's name.
    """

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(f"{name}: {reason}")


class OptionError(DynamicsError):
    """An option outside its meaningful range.

    Attributes:
        name: The option's name.
        value: Its refused value.
    """

    def __init__(self, name: str, value: object, expected: str) -> None:
        self.name = name
        self.value = value
        super().__init__(f"{name} = {value}: expected {expected}")


class StampError(DynamicsError):
    """A state with the stamp of the state before it: the same image came twice.

    Attributes:
        stamp_ns: The repeated stamp [ns].
    """

    def __init__(self, stamp_ns: int) -> None:
        self.stamp_ns = stamp_ns
        super().__init__(f"stamp {stamp_ns} ns repeats the previous state's: state ignored")


class DivergedError(DynamicsError):
    """A state that no finite forces belong to: nothing is told, and the past is forgotten.

    Attributes:
        stamp_ns: Of the state [ns].
    """

    def __init__(self, stamp_ns: int) -> None:
        self.stamp_ns = stamp_ns
        super().__init__(f"state at {stamp_ns} ns has no finite dynamics: the past is forgotten")


class TooShortError(DynamicsError):
    """A recording with too few frames in a row to differentiate twice.

    Attributes:
        frames: The longest run of frames without a long gap.
        required: How many are needed.
    """

    def __init__(self, frames: int, required: int) -> None:
        self.frames = frames
        self.required = required
        super().__init__(f"longest run without a gap has {frames} frames, {required} are needed")


class SolverError(DynamicsError):
    """A quadratic programme without a solution.

    Attributes:
        flag: The solver's exit flag.
        variables: Number of variables.
    """

    #: What daqp's flags mean (daqp 0.11, `DAQP_EXIT_*`).
    MEANING = {
        -1: "infeasible",
        -2: "cycling",
        -3: "unbounded",
        -4: "iteration limit",
        -5: "Hessian not positive definite",
        -6: "initial working set overdetermined",
        -7: "time limit",
    }

    def __init__(self, flag: int, variables: int) -> None:
        self.flag = flag
        self.variables = variables
        meaning = self.MEANING.get(flag, "unknown reason")
        super().__init__(f"QP of {variables} variables failed: flag {flag} ({meaning})")


class MessageError(DynamicsError):
    """A message that cannot be turned into a state.

    Attributes:
        field: The offending field, or the joint's name.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(f"{field}: {reason}")


class NetworkWeightsError(DynamicsError):
    """Weights of the inverse-dynamics transformer that are missing, damaged or of another version.

    Attributes:
        path: Where they were looked for.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"inverse-dynamics weights {path}: {reason}; the dynamics work without")


class OptimizationError(DynamicsError):
    """A window of a recording whose optimisation failed.

    Attributes:
        status: IPOPT's word for it.
        variables: Number of variables.
    """

    def __init__(self, status: str, variables: int) -> None:
        self.status = status
        self.variables = variables
        super().__init__(f"optimisation of {variables} variables failed: {status}")
