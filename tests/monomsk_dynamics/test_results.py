"""Results cannot be changed by who reads them, and refuse wrong shapes."""

import numpy as np
import pytest

from monomsk_dynamics.errors import OptionError, ShapeError
from monomsk_dynamics.filter_options import FilterOptions, SmoothingOptions
from monomsk_dynamics.results import SoleContact


def contact(force=(0.0, 0.0, 300.0)) -> SoleContact:
    return SoleContact(True, 0.9, np.array(force), np.zeros(3), 1.0)


def test_arrays_are_read_only_copies():
    force = np.array([0.0, 0.0, 300.0])
    result = SoleContact(True, 0.9, force, np.zeros(3), 1.0)
    force[2] = 0.0
    assert result.force[2] == 300.0
    with pytest.raises(ValueError, match="read-only"):
        result.force[2] = 0.0


def test_wrong_shapes_are_refused():
    with pytest.raises(ShapeError) as caught:
        contact(force=(1.0, 2.0))
    assert caught.value.name == "force"


def test_senseless_options_are_refused():
    with pytest.raises(OptionError) as caught:
        FilterOptions(max_gap_s=-1.0)
    assert caught.value.name == "max_gap_s"
    with pytest.raises(OptionError):
        SmoothingOptions(noisy_sigma_m=0.0005)


def test_noisier_motion_is_smoothed_more():
    options = SmoothingOptions()
    cutoffs = [options.cutoffs_hz(sigma)[1] for sigma in (float("nan"), 0.001, 0.005, 0.01, 0.1)]
    assert cutoffs[0] == cutoffs[1] == options.acceleration_cutoff_hz
    assert cutoffs[1] > cutoffs[2] > cutoffs[3] == cutoffs[4]
