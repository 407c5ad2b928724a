import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monomsk_description.errors import DescriptionError, ImplausibleSubjectError, UnknownNameError
from monomsk_description.subject import (
    BODY_MASS_INDEX_RANGE,
    HEIGHT_RANGE_M,
    MASS_RANGE_KG,
    Subject,
)

any_float = st.floats(allow_nan=True, allow_infinity=True)


@given(st.one_of(any_float, st.floats(0.3, 3.0)), st.one_of(any_float, st.floats(1.0, 500.0)))
def test_a_subject_is_either_plausible_or_refused(height_m, mass_kg):
    try:
        subject = Subject(height_m, mass_kg)
    except ImplausibleSubjectError as error:
        low, high = error.bounds
        assert math.isnan(error.value) or not low <= error.value <= high
        assert error.quantity in ("height_m", "mass_kg", "body mass index")
    else:
        assert HEIGHT_RANGE_M[0] <= subject.height_m <= HEIGHT_RANGE_M[1]
        assert MASS_RANGE_KG[0] <= subject.mass_kg <= MASS_RANGE_KG[1]
        index = subject.mass_kg / subject.height_m**2
        assert BODY_MASS_INDEX_RANGE[0] <= index <= BODY_MASS_INDEX_RANGE[1]


@pytest.mark.parametrize(
    ("height_m", "mass_kg", "quantity"),
    [
        (178.0, 72.0, "height_m"),
        (1.78, 72000.0, "mass_kg"),
        (0.0, 72.0, "height_m"),
        (-1.7, 72.0, "height_m"),
        (math.nan, 72.0, "height_m"),
        (1.78, math.inf, "mass_kg"),
        (2.4, 30.0, "body mass index"),
        (1.0, 120.0, "body mass index"),
    ],
)
def test_wrong_units_and_impossible_numbers_are_refused(height_m, mass_kg, quantity):
    with pytest.raises(ImplausibleSubjectError) as caught:
        Subject(height_m, mass_kg)
    assert caught.value.quantity == quantity
    assert isinstance(caught.value, DescriptionError)


@given(st.floats(0.9, 2.3))
def test_what_nobody_gave_is_assumed_and_listed(height_m):
    given_height = Subject.assume(height_m=height_m)
    assert given_height.assumed == {"mass_kg"}
    assert given_height.height_m == height_m
    given_both = Subject.assume(height_m=height_m, mass_kg=given_height.mass_kg)
    assert given_both.assumed == frozenset()
    assert Subject.assume().assumed == {"height_m", "mass_kg"}
    assert Subject.assume(mass_kg=70.0).assumed == {"height_m"}


def test_lengths_merge_and_cannot_be_changed():
    subject = Subject(1.78, 72.0, segment_lengths_m={"thigh": 0.44, "shank": 0.4})
    longer = subject.with_lengths({"thigh": 0.46})
    assert dict(longer.segment_lengths_m) == {"thigh": 0.46, "shank": 0.4}
    assert subject.segment_lengths_m["thigh"] == 0.44
    with pytest.raises(TypeError):
        subject.segment_lengths_m["thigh"] = 1.0


def test_a_later_change_of_the_given_lengths_does_not_reach_the_subject():
    lengths = {"thigh": 0.44}
    subject = Subject(1.78, 72.0, segment_lengths_m=lengths)
    lengths["thigh"] = 9.0
    assert subject.segment_lengths_m["thigh"] == 0.44


def test_an_unknown_sex_is_named():
    with pytest.raises(UnknownNameError, match="femal"):
        Subject(1.78, 72.0, sex="femal")
