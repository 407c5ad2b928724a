"""Which lifter turns landmarks into body states, by name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.errors import LifterWeightsError, OptionError
from monomsk_perception.geometric_lifter import GeometricLifter
from monomsk_perception.lifter_network import OnnxLifter
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.transformer_lifter import TransformerLifter

LIFTERS = ("geometric", "transformer")
DEFAULT_LIFTER = "transformer"

Lifter = GeometricLifter | TransformerLifter


@dataclass(frozen=True)
class LifterChoice:
    """Which lifter, and how it works.

    Attributes:
        name: One of `LIFTERS`.
        look_ahead: Later frames (at 30 Hz) that the transformer waits for, 0 to 8.
        options: Of the skeleton fit, which both use.
    """

    name: str = DEFAULT_LIFTER
    look_ahead: int = 0
    options: LifterOptions = field(default_factory=LifterOptions)


def make_lifter(
    choice: LifterChoice,
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
    camera: CameraPose | None = None,
) -> Lifter:
    """The chosen lifter.

    Raises:
        OptionError: There is no lifter of that name, or its look-ahead is out of range.
        LifterWeightsError: The transformer's weights are missing or do not fit.
    """
    if choice.name == "geometric":
        return GeometricLifter(skeleton, intrinsics, camera, choice.options)
    if choice.name == "transformer":
        return TransformerLifter(
            skeleton,
            intrinsics,
            camera,
            choice.options,
            _network(skeleton.coordinate_names),
            choice.look_ahead,
        )
    raise OptionError("lifter", choice.name, f"known: {', '.join(LIFTERS)}")


def skeleton_fit(lifter: Lifter) -> GeometricLifter:
    """The fit of the skeleton that every lifter ends with."""
    return lifter.fit if isinstance(lifter, TransformerLifter) else lifter


@lru_cache(maxsize=1)
def _network(coordinate_names: tuple[str, ...]) -> OnnxLifter:
    """The shipped network, loaded once: another subject or camera must not stop the stream."""
    return OnnxLifter(coordinate_names)


def usable_choice(choice: LifterChoice, skeleton: Skeleton) -> tuple[LifterChoice, str]:
    """The choice, or the geometric lifter where the transformer's weights cannot be used.

    Returns:
        The choice to use, and why it is another one than asked for (empty where it is not).
    """
    if choice.name != "transformer":
        return choice, ""
    try:
        _network(skeleton.coordinate_names)
    except LifterWeightsError as error:
        return replace(choice, name="geometric"), str(error)
    return choice, ""
