"""Whatever happens, in any order: the limits hold in every command, and faults end at zero."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.monomsk_assist.random_world import RandomWorld

from monomsk_assist.curves import PeriodicCurve
from monomsk_assist.laws import ImpedanceLaw, PhaseTorqueLaw, TorqueGainLaw
from monomsk_assist.mapping import Safety

#: Together more than the 10,000 sequences of each run of the tests.
SEQUENCES_PER_LAW = 2600
QUICK = Safety(arming_s=0.03, fade_in_s=0.05, max_phase_sigma=0.1, max_violation_s=0.1)

_STIFFNESS = PeriodicCurve((0.0, 0.5), (0.2, 1.5))
_DAMPING = PeriodicCurve.constant(0.02)
_EQUILIBRIUM = PeriodicCurve((0.1, 0.6), (-0.2, 0.9))
LAWS = {
    "torque_gain": TorqueGainLaw(0.5, 1.0),
    "phase_torque": PhaseTorqueLaw(PeriodicCurve((0.0, 0.3, 0.7), (0.2, -0.1, 0.1))),
    "impedance": ImpedanceLaw(_STIFFNESS, _DAMPING, _EQUILIBRIUM),
    "impedance_on_device": ImpedanceLaw(_STIFFNESS, _DAMPING, _EQUILIBRIUM, on_device=True),
}


@pytest.mark.parametrize("law", LAWS)
def test_limits_and_zero_hold_for_any_sequence(law, make_mapping, make_estimate):
    seen = {"sequences": 0, "with_torque": 0}

    @settings(
        max_examples=SEQUENCES_PER_LAW, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.binary(min_size=3, max_size=21))
    def check(content: bytes) -> None:
        world = RandomWorld(make_mapping(law=LAWS[law], safety=QUICK), make_estimate)
        world.play(content)
        seen["sequences"] += 1
        seen["with_torque"] += world.witness.nonzero > 0

    check()
    assert seen["sequences"] >= SEQUENCES_PER_LAW
    # The sequences would prove little if assistance was seldom in force.
    assert seen["with_torque"] > 0.4 * seen["sequences"], seen
