"""From the node's parameters to a live stream: at its start, and when they change. Without ROS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from monomsk_description.errors import DescriptionError
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.errors import PerceptionError
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.lifter_factory import usable_choice
from monomsk_perception.live_perception import LivePerception
from monomsk_perception.live_result import LiveOptions
from monomsk_perception.network_choice import NetworkChoice
from monomsk_perception.perception_parameters import (
    NETWORK,
    SUBJECT,
    live_options,
    starting_model,
)
from monomsk_perception.stream_monitor import Trouble


class LiveSetup:
    """What parameters ask for, as far as this installation has it.

    Attributes:
        network: The landmark network in use.
        no_transformer: Why the geometric lifter stands in for the transformer; empty: it does not.
    """

    def __init__(self) -> None:
        self.network = NetworkChoice()
        self.no_transformer = ""

    def open(
        self, values: Mapping[str, Any], on_trouble: Callable[[Trouble], None]
    ) -> LivePerception:
        """Load the networks, build the subject; the stream is warm.

        Args:
            values: All parameters by name.
            on_trouble: Told of everything that goes wrong in the stream.

        Raises:
            PerceptionError: A model file is missing, or an option is out of its range.
            DescriptionError: The subject is no human.
        """
        skeleton = skeleton_of(values)
        first = live_options(values, starting_model(values)).landmarker
        landmarker = self.network.open(values["model_complexity"], values["frame_budget_s"], first)
        options = live_options(values, self.network.model)
        landmarker.retune(options.landmarker)
        choice, self.no_transformer = usable_choice(options.lifter, skeleton)
        live = LivePerception(skeleton, replace(options, lifter=choice), landmarker, on_trouble)
        live.warm_up()
        return live

    def options(self, values: Mapping[str, Any]) -> LiveOptions:
        """The options of a stream that is open."""
        options = live_options(values, self.network.model)
        if self.no_transformer:
            options = replace(options, lifter=replace(options.lifter, name="geometric"))
        return options

    def refusal(
        self, values: Mapping[str, Any], changed: Mapping[str, Any], landmarker: Landmarker | None
    ) -> str:
        """Why changed parameters fit no person, no image or no installation; empty: they do.

        Args:
            values: All parameters by name, the changed ones included.
            changed: The changed ones.
            landmarker: Of the open stream: another network is loaded beside its own. None: none is.
        """
        try:
            choice = live_options(values, self.network.model).lifter
            if any(name in changed for name in SUBJECT):
                skeleton_of(values)
            if changed.get("lifter") == "transformer":
                reason = self.no_transformer or usable_choice(choice, skeleton_of(values))[1]
                if reason:
                    return f"lifter: {reason}"
            if landmarker is not None and any(name in changed for name in NETWORK):
                asked = values["model_complexity"], values["frame_budget_s"]
                self.network.choose(*asked, landmarker)
        except (PerceptionError, DescriptionError) as error:
            return str(error)
        return ""


def skeleton_of(values: Mapping[str, Any]) -> Skeleton:
    """The skeleton of the subject in the parameters; what is zero or empty there is assumed.

    Raises:
        DescriptionError: A number is no human's.
    """
    height_m, mass_kg = values["height_m"], values["mass_kg"]
    return build_skeleton(Subject.assume(height_m or None, mass_kg or None, values["sex"]))
