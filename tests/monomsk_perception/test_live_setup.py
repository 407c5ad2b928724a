"""What the node's parameters ask for, as far as the installation has it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from monomsk_description.errors import DescriptionError
from monomsk_perception import live_setup
from monomsk_perception.errors import ModelFileError
from monomsk_perception.live_setup import LiveSetup, skeleton_of
from monomsk_perception.perception_parameters import PARAMETERS

VALUES = {name: parameter.default for name, parameter in PARAMETERS.items()}


def refusal(setup: LiveSetup, landmarker: object = None, **changed: object) -> str:
    return setup.refusal(VALUES | changed, changed, landmarker)  # type: ignore[arg-type]


def test_what_nobody_gave_is_assumed() -> None:
    assert skeleton_of(VALUES).subject.assumed == {"height_m", "mass_kg"}
    given = skeleton_of(VALUES | {"height_m": 1.6, "mass_kg": 55.0}).subject
    assert (given.height_m, given.mass_kg) == (1.6, 55.0)
    with pytest.raises(DescriptionError):
        skeleton_of(VALUES | {"height_m": 9.0})


def test_values_that_fit_are_taken_and_others_refused_with_the_reason() -> None:
    setup = LiveSetup()
    assert refusal(setup, height_m=1.8, person="center") == ""
    assert "height" in refusal(setup, height_m=9.0)


def test_without_a_transformer_the_geometric_lifter_stands_in() -> None:
    setup = LiveSetup()
    assert setup.options(VALUES).lifter.name == "transformer"
    assert refusal(setup, lifter="transformer") == ""
    setup.no_transformer = "its weights are damaged"
    assert setup.options(VALUES).lifter.name == "geometric"
    assert refusal(setup, lifter="transformer") == "lifter: its weights are damaged"
    assert refusal(setup, lifter="geometric") == ""


def test_a_transformer_that_cannot_be_used_is_refused_also_after_a_start_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_setup, "usable_choice", lambda choice, _: (choice, "no weights"))
    assert refusal(LiveSetup(), lifter="transformer") == "lifter: no weights"
    assert refusal(LiveSetup(), lifter="geometric") == ""


def test_a_network_is_loaded_before_it_is_promised() -> None:
    class Networks:
        loaded: list[str] = []

        def prepare(self, model: str) -> None:
            if model == "heavy":
                raise ModelFileError(model, Path(), "is missing")
            self.loaded.append(model)

    setup, networks = LiveSetup(), Networks()
    landmarker = SimpleNamespace(networks=networks)
    assert "is missing" in refusal(setup, landmarker, model_complexity="heavy")
    assert refusal(setup, landmarker, model_complexity="lite") == ""
    assert networks.loaded == ["lite"] and setup.network.model == "lite"
    assert refusal(setup, None, model_complexity="heavy") == "", "no stream is open yet"
