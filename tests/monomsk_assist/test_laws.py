"""What each law asks for, against values computed by hand."""

import math

import numpy as np
import pytest
from scipy.interpolate import interp1d

from monomsk_assist.curves import PeriodicCurve
from monomsk_assist.laws import (
    ImpedanceLaw,
    Moment,
    PhaseTorqueLaw,
    TorqueGainLaw,
    TransparentLaw,
    wish,
)

MOMENT = Moment(angle_rad=0.2, rate_rad_s=-1.0, torque_nm=-30.0, fraction=0.25, mass_kg=80.0)


def test_a_curve_is_straight_between_its_points_and_around_the_cycle():
    curve = PeriodicCurve((0.1, 0.4, 0.8), (1.0, -2.0, 0.5))
    around = interp1d([-0.2, 0.1, 0.4, 0.8, 1.1], [0.5, 1.0, -2.0, 0.5, 1.0])
    fractions = np.linspace(0.0, 0.999, 500)
    np.testing.assert_allclose([curve(f) for f in fractions], around(fractions), atol=1e-12)
    assert curve(1.25) == pytest.approx(curve(0.25))
    assert curve.largest() == 2.0


def test_a_curve_of_one_point_is_constant_and_of_nan_is_nan():
    assert {PeriodicCurve.constant(3.0)(f) for f in (0.0, 0.3, 0.99)} == {3.0}
    assert math.isnan(PeriodicCurve((0.0, 0.5), (0.0, 1.0))(math.nan))


def test_transparent_asks_for_nothing():
    assert wish(TransparentLaw(), MOMENT).torque_nm == 0.0


def test_a_gain_gives_its_share_beyond_the_deadband():
    assert wish(TorqueGainLaw(0.2), MOMENT).torque_nm == pytest.approx(-6.0)
    assert wish(TorqueGainLaw(0.2, 10.0), MOMENT).torque_nm == pytest.approx(-4.0)
    assert wish(TorqueGainLaw(0.2, 40.0), MOMENT).torque_nm == 0.0


def test_a_profile_is_scaled_by_mass():
    law = PhaseTorqueLaw(PeriodicCurve((0.0, 0.5), (0.0, -0.3)))
    assert wish(law, MOMENT).torque_nm == pytest.approx(-0.15 * 80.0)


@pytest.mark.parametrize("on_device", [False, True])
def test_an_impedance_pulls_to_its_equilibrium_and_brakes(on_device):
    law = ImpedanceLaw(
        PeriodicCurve((0.0, 0.5), (1.0, 3.0)), PeriodicCurve.constant(0.05),
        PeriodicCurve.constant(0.5), on_device,
    )  # fmt: skip
    asked = wish(law, MOMENT)
    assert asked.torque_nm == pytest.approx(80.0 * (2.0 * (0.5 - 0.2) + 0.05))
    gains = (asked.stiffness_nm_rad, asked.damping_nm_s_rad, asked.equilibrium_rad)
    if on_device:
        assert gains == pytest.approx((160.0, 4.0, 0.5))
    else:
        assert gains[:2] == (0.0, 0.0)


@pytest.mark.parametrize("law", [
    TorqueGainLaw(0.2), PhaseTorqueLaw(PeriodicCurve.constant(0.1)),
    ImpedanceLaw(*[PeriodicCurve((0.0, 0.5), (0.1, 0.2))] * 3, on_device=True),
])  # fmt: skip
def test_what_a_law_does_not_know_it_does_not_guess(law):
    unknown = Moment(0.2, 0.0, math.nan, math.nan, 80.0)
    asked = wish(law, unknown)
    assert math.isnan(asked.torque_nm)
    assert asked.stiffness_nm_rad == 0.0
