"""What the options of the command `monomsk` choose between."""

from enum import StrEnum


class Sex(StrEnum):
    """Sex of the person."""

    UNSPECIFIED = "unspecified"
    FEMALE = "female"
    MALE = "male"


class Complexity(StrEnum):
    """Size of the landmark network."""

    LITE = "lite"
    FULL = "full"
    HEAVY = "heavy"


class Solver(StrEnum):
    """How motion and forces are made to belong together."""

    BALANCE = "balance"
    OPTIMIZATION = "optimization"


class Lifter(StrEnum):
    """How landmarks become joint angles."""

    GEOMETRIC = "geometric"
    TRANSFORMER = "transformer"


class MarkerSetName(StrEnum):
    """Shipped marker sets."""

    RAJAGOPAL2016 = "rajagopal2016"
    RAJAGOPAL_WALK = "rajagopal_walk"
    GAIT2392 = "gait2392"
    PLUG_IN_GAIT = "plug_in_gait"


class UpAxis(StrEnum):
    """Axis of a marker file."""

    X = "x"
    Y = "y"
    Z = "z"
