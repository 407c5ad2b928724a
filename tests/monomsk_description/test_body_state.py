import dataclasses

import numpy as np
import pytest

from monomsk_description.body_state import BodyState
from monomsk_description.errors import ShapeError

SHAPES = {
    "q": (38,), "v": (37,), "sigma_q": (37,), "sigma_v": (37,), "contact_probability": (2,),
    "torque_prior": (37,), "torque_prior_sigma": (37,), "sole_force_prior": (2, 3),
    "sole_force_prior_sigma": (2, 3),
}  # fmt: skip


def _fields():
    return {name: np.ones(shape) for name, shape in SHAPES.items()}


def test_what_is_not_given_is_unknown():
    state = BodyState(stamp_ns=7, q=np.zeros(38), v=np.zeros(37))
    for name, shape in SHAPES.items():
        array = getattr(state, name)
        assert array.shape == shape
        assert np.isnan(array).all() == (name not in ("q", "v"))
    assert np.isnan(state.quality)


@pytest.mark.parametrize("name", SHAPES)
def test_a_wrong_shape_is_refused_by_name(name):
    for wrong in (np.zeros(5), np.zeros((2, 38)), np.float64(0.0)):
        with pytest.raises(ShapeError, match=name) as caught:
            BodyState(stamp_ns=0, **{**_fields(), name: wrong})
        assert caught.value.name == name


@pytest.mark.parametrize("name", ["q", "v"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_motion_must_be_finite(name, value):
    fields = _fields()
    fields[name][3] = value
    with pytest.raises(ShapeError, match=name):
        BodyState(stamp_ns=0, **fields)


def test_priors_may_be_unknown():
    fields = _fields()
    fields["torque_prior"][:] = np.nan
    state = BodyState(stamp_ns=0, **fields)
    assert np.isnan(state.torque_prior).all()


def test_arrays_are_read_only_copies():
    fields = _fields()
    state = BodyState(stamp_ns=0, **fields)
    for name, given in fields.items():
        given[...] = 5.0
        assert (getattr(state, name) == 1.0).all()
        with pytest.raises(ValueError, match="read-only"):
            getattr(state, name)[...] = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.quality = 1.0
