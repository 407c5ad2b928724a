"""Live standard deviations: refreshed in turn, and at once where they change quickly."""

import numpy as np
import pytest

from monomsk_dynamics.force_solver import ForceSolver, Observation
from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.live_uncertainty import LiveUncertainty
from monomsk_dynamics.load_sharing import LoadSharing
from monomsk_dynamics.options import SolverOptions
from monomsk_dynamics.uncertainty import Uncertainty

SIGMA = SolverOptions().acceleration_sigmas()
STANDING = GaitPhase(np.array([np.nan, np.nan]), None, np.nan)


class CountingUncertainty(Uncertainty):
    """Remembers at which states each part was asked for."""

    def __init__(self, skeleton, feet):
        super().__init__(skeleton, feet)
        self.state = 0
        self.forces_at, self.sensitivity_at = [], []

    def of_forces(self, *arguments):
        self.forces_at.append(self.state)
        return super().of_forces(*arguments)

    def sensitivity(self, *arguments):
        self.sensitivity_at.append(self.state)
        return super().sensitivity(*arguments)


class Stream:
    """A body that stands, whose load is expected here or there."""

    def __init__(self, skeleton, feet):
        self._sharing = LoadSharing(feet, skeleton.mass_kg * 9.81)
        self._solver = ForceSolver(feet, skeleton.mass_kg)
        self._terms = evaluate_frame(skeleton, skeleton.neutral(), np.zeros(37))
        self.uncertainty = CountingUncertainty(skeleton, feet)
        self._live = LiveUncertainty(self.uncertainty)

    def update(self, in_contact=(True, True), phase=STANDING):
        """Live variances, and arguments that give fresh ones."""
        speed = np.array([0.0 if phase is STANDING else 1.3, 0.0])
        prior = self._sharing.prior(self._terms, np.array(in_contact), phase, speed)
        observed = Observation(np.zeros(37), SIGMA)
        known = self._terms, observed, prior, self._solver.solve(self._terms, observed, prior)
        spread = self._live.update(*known)
        self.uncertainty.state += 1
        return spread, known


@pytest.fixture
def stream(skeleton, feet):
    return Stream(skeleton, feet)


def test_one_part_at_a_time_while_nothing_changes(stream):
    for _ in range(7):
        stream.update()
    assert stream.uncertainty.sensitivity_at == [0, 3, 6]
    assert stream.uncertainty.forces_at == [0, 2, 5]


def test_both_parts_when_the_contact_changes(stream):
    for contact in [(True, True)] * 2 + [(True, False)] * 2:
        stream.update(contact)
    assert stream.uncertainty.sensitivity_at == stream.uncertainty.forces_at == [0, 2]


def test_forces_are_as_certain_as_they_are_while_the_load_passes(skeleton, feet, stream):
    forward = []
    for transfer in np.linspace(0.0, 1.0, 8):
        phase = GaitPhase(np.array([0.75 + 0.25 * transfer, 0.25 * transfer]), 0, transfer)
        spread, known = stream.update(phase=phase)
        _, fresh = Uncertainty(skeleton, feet).of_forces(*known)
        np.testing.assert_allclose(np.sqrt(spread.forces), np.sqrt(fresh), rtol=0.25)
        forward.append(np.sqrt(fresh[1, 0]))
    assert max(forward) > 1.5 * min(forward)  # it does change


def test_reset_forgets_the_past(stream):
    stream.update()
    stream.update()
    stream._live.reset()
    stream.update()
    assert stream.uncertainty.sensitivity_at == stream.uncertainty.forces_at == [0, 2]
