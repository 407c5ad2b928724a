"""No message, however wrong, becomes a wrong number, or an error that nodes do not expect."""

from __future__ import annotations

import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import load_message_libraries
from tests.fuzz.examples import few

from monomsk_description.errors import DescriptionError
from monomsk_description.message_fields import StateContext, body_model, body_state, fill
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.errors import DynamicsError
from monomsk_dynamics.live import LiveDynamics
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.errors import PerceptionError
from monomsk_perception.image_conversion import (
    SUPPORTED_ENCODINGS,
    compressed_to_bgr,
    image_to_bgr,
)

OWN = (DescriptionError, DynamicsError, PerceptionError)
SKELETON = build_skeleton(Subject(1.75, 70.0))

#: What a broken publisher may send: everything a double can be.
WILD = st.one_of(
    st.floats(width=64, allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, float("nan"), float("inf")]),
)
NAMES = st.text(max_size=12)


@few(200)
@given(
    data=st.binary(max_size=800),
    width=st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1)),
    height=st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1)),
    encoding=st.one_of(st.sampled_from(SUPPORTED_ENCODINGS), NAMES),
    step=st.one_of(st.integers(0, 200), st.integers(0, 2**32 - 1)),
    big=st.booleans(),
)
def test_images(data, width, height, encoding, step, big):
    try:
        picture = image_to_bgr(data, width, height, encoding, step, big)
    except OWN as error:
        assert str(error)
    else:
        assert picture.shape == (height, width, 3) and picture.dtype == np.uint8


@few(150)
@given(data=st.binary(max_size=400), start=st.sampled_from(["", "png", "jpeg", "gif", "tiff"]))
def test_compressed_images(data, start):
    magic = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff\xe0", "gif": b"GIF89a"}
    try:
        picture = compressed_to_bgr(magic.get(start, b"") + data, start)
    except OWN as error:
        assert str(error)
    else:
        assert picture.ndim == 3 and picture.shape[2] == 3


@few(300)
@given(
    k=st.one_of(
        st.lists(WILD, min_size=9, max_size=9),
        st.builds(
            lambda f, g, c, d: [f, 0.0, c, 0.0, g, d, 0.0, 0.0, 1.0], *[st.floats(-1e3, 3e3)] * 4
        ),
    ),
    d=st.lists(st.one_of(st.floats(-2.0, 2.0), WILD), max_size=9),
    width=st.integers(0, 2**32 - 1),
    height=st.one_of(st.integers(1, 2000), st.integers(0, 2**32 - 1)),
    model=st.sampled_from(["plumb_bob", "rational_polynomial", "equidistant", ""]),
)
def test_camera_infos(k, d, width, height, model):
    try:
        camera = CameraIntrinsics.from_matrix(k, d, width, height, model)
    except OWN as error:
        assert str(error)
        return
    pixels = np.array([[0.0, 0.0], [camera.center_x_px, camera.center_y_px]])
    try:
        rays = camera.rays(pixels)
    except OWN:
        return
    assert rays.shape == (2, 3)


def standing_message():
    from monomsk_description.body_state import BodyState
    from monomsk_msgs.msg import BodyState as Message

    state = BodyState(10**9, SKELETON.neutral(), np.zeros(37))
    context = StateContext("world", (), 4, None)
    return fill(Message(), body_state(state, SKELETON, context))


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(
            "coordinate_names position velocity position_sigma velocity_sigma torque_prior "
            "torque_prior_sigma contact_probability pelvis_position pelvis_orientation "
            "pelvis_linear pelvis_angular sole_force quality stamp".split()
        ),
        st.integers(0, 40),
        WILD,
        st.sampled_from(["one", "all", "short", "long", "empty"]),
    ),
    min_size=1,
    max_size=4,
)


def spoil(message, field, index, number, how):
    """Make one field of a BodyState wrong."""
    if field == "coordinate_names":
        names = list(message.coordinate_names)
        names[index % len(names)] = names[0] if how == "all" else f"no_{index}"
        message.coordinate_names = names[:-1] if how == "short" else names
    elif field == "stamp":
        message.header.stamp.sec = index
    elif field == "quality":
        message.quality = number
    elif field == "contact_probability":
        message.contact_probability = np.array([number, 0.5])
    elif field.startswith("pelvis_"):
        part = {
            "pelvis_position": message.pelvis_pose.position,
            "pelvis_orientation": message.pelvis_pose.orientation,
            "pelvis_linear": message.pelvis_twist.linear,
            "pelvis_angular": message.pelvis_twist.angular,
        }[field]
        setattr(part, "xyz"[index % 3], number)
    elif field == "sole_force":
        message.sole_force_prior_left.z = number
        message.sole_force_prior_sigma_left.z = number
    else:
        values = list(getattr(message, field)) or [1.0] * 37
        values = {
            "one": [*values[:index], number, *values[index + 1 :]][: len(values)],
            "all": [number] * len(values),
            "short": values[:index],
            "long": [*values, number],
            "empty": [],
        }[how]
        setattr(message, field, array.array("d", values))


@pytest.mark.requires_ros
@few(150)
@given(spoils=FIELDS)
def test_body_states_give_numbers_or_an_error(spoils):
    """Through the conversion and the dynamics, as the node does it."""
    load_message_libraries()
    from monomsk_dynamics.conversions import to_body_state

    message = standing_message()
    live = LiveDynamics(SKELETON)
    live.update(to_body_state(message, SKELETON))
    message.header.stamp.nanosec = 33_000_000
    for entry in spoils:
        spoil(message, *entry)
    try:
        result = live.update(to_body_state(message, SKELETON))
    except OWN as error:
        assert str(error)
        return
    numbers = [result.q, result.v, result.a, result.tau, result.root_residual]
    assert all(np.isfinite(part).all() for part in numbers), spoils
    for sole in result.soles:
        assert np.isfinite(sole.force).all(), spoils


@pytest.mark.requires_ros
@few(70)
@given(
    height=WILD,
    mass=WILD,
    sex=st.one_of(st.sampled_from(["female", "male", "unspecified", ""]), NAMES),
    scale=WILD,
    mass_of_segment=WILD,
    drop=st.integers(0, 30),
    keep=st.booleans(),
)
def test_body_models(height, mass, sex, scale, mass_of_segment, drop, keep):
    load_message_libraries()
    from monomsk_dynamics.conversions import to_skeleton
    from monomsk_msgs.msg import BodyModel

    message = fill(BodyModel(), body_model(SKELETON, 0, "world"))
    if not keep:
        message.height_m, message.mass_kg, message.sex = height, mass, sex
    message.segment_scales[drop % len(message.segment_scales)].z = scale
    masses = list(message.segment_masses)
    masses[drop % len(masses)] = mass_of_segment
    message.segment_masses = array.array("d", masses)
    if drop > 25:
        message.segment_names = list(message.segment_names)[:-1]
    try:
        skeleton = to_skeleton(message)
    except OWN as error:
        assert str(error)
    else:
        assert np.isfinite(skeleton.mass_kg)


@pytest.mark.requires_ros
@few(70)
@given(
    height=WILD,
    mass=WILD,
    sex=NAMES,
    names=st.lists(st.one_of(st.sampled_from(["thigh", "shank", "foot"]), NAMES), max_size=3),
    lengths=st.lists(WILD, max_size=3),
)
def test_subject_requests(height, mass, sex, names, lengths):
    load_message_libraries()
    from monomsk_msgs.srv import SetSubject
    from monomsk_perception.conversions import to_subject

    request = SetSubject.Request(height_m=height, mass_kg=mass, sex=sex)
    request.segment_names, request.segment_lengths = names, array.array("d", lengths)
    try:
        build_skeleton(to_subject(request))
    except OWN as error:
        assert str(error)
