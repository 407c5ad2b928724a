"""Mapping files: examples load; what is wrong is refused by file, place, key and way out."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from monomsk_assist.errors import MappingError
from monomsk_assist.laws import ImpedanceLaw, PhaseTorqueLaw, TorqueGainLaw
from monomsk_assist.mapping import Safety
from monomsk_assist.mapping_file import check_period, load_mapping

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "config" / "assist").glob("*.yaml"))
HIP = next(path for path in EXAMPLES if path.stem == "hip_exoskeleton")


@pytest.fixture
def changed(tmp_path):
    """The hip exoskeleton's file with one place changed; DELETE takes the key away."""

    def write(place: str, value: object) -> Path:
        content = yaml.safe_load(HIP.read_text())
        *parents, key = place.split(".")
        table = content
        for parent in parents:
            table = table[parent]
        if value is DELETE:
            del table[key]
        else:
            table[key] = value
        path = tmp_path / "device.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return write


DELETE = object()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_load_and_their_limits_fit_their_laws(path):
    mapping = load_mapping(path)
    check_period(mapping, 1 / 200)
    assert len(mapping.digest) == 64
    for joint in mapping.joints:
        assert joint.coordinate.endswith(("_r", "_l")[joint.side])
        if isinstance(joint.law, PhaseTorqueLaw):
            # A person of 80 kg gets the profile's whole height.
            assert 80.0 * joint.law.torque_nm_kg.largest() <= joint.limits.torque_nm


def test_the_examples_cover_every_joint_of_the_leg_and_a_prosthesis():
    assert {path.stem for path in EXAMPLES} >= {
        "hip_exoskeleton", "knee_exoskeleton", "ankle_exoskeleton", "ankle_prosthesis",
    }  # fmt: skip
    prosthesis = load_mapping(HIP.with_stem("ankle_prosthesis"))
    assert isinstance(prosthesis.joints[0].law, ImpedanceLaw)
    assert prosthesis.joints[0].law.on_device
    assert prosthesis.encoders.correct_angles


def test_the_hip_writes_out_the_defaults_of_safety():
    mapping = load_mapping(HIP)
    assert mapping.safety == Safety()
    written = yaml.safe_load(HIP.read_text())["safety"]
    assert set(written) == {field.name for field in fields(Safety)}
    right, left = mapping.joints
    assert (right.side, left.side) == (0, 1)
    assert right.law == left.law == TorqueGainLaw(0.15, 3.0)
    assert (right.sign, left.sign) == (1, -1)


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("joints.right_hip.coordinate", "hip", ["right_hip", "coordinate", "hip_flexion"]),
        ("joints.right_hip.coordinate", "lumbar_extension", ["middle"]),
        ("joints.right_hip.side", "starboard", ["side", "right, left, middle"]),
        ("joints.right_hip.sign", 2, ["sign", "1, -1"]),
        ("joints.right_hip.sign", True, ["sign"]),
        ("joints.right_hip.sign", DELETE, ["sign", "missing"]),
        ("joints.right_hip.offset_rad", "zero", ["offset_rad", "no number"]),
        ("joints.right_hip.offset_rad", float("nan"), ["offset_rad", "out of range"]),
        ("joints.right_hip.delay_s", 10.0, ["delay_s", "0 to 0.1"]),
        ("joints.right_hip.law.type", "magic", ["law", "torque_gain, phase_torque"]),
        ("joints.right_hip.law.gain", 1.5, ["law", "gain", "0 to 1"]),
        ("joints.right_hip.law.gian", 0.1, ["law", "gian", "known here: type, gain"]),
        ("joints.right_hip.limits", DELETE, ["right_hip.limits", "torque_nm", "missing"]),
        ("joints.right_hip.limits.torque_nm", -1.0, ["torque_nm", "0 to 300"]),
        ("joints.right_hip.limits.torque_rate_nm_s", 100.0, ["raise it to 343", "zero_within_s"]),
        ("joints.right_hip.limits.lower_rad", 1.7, ["lower_rad", "below upper_rad"]),
        ("joints.right_hip.limits.upper_rad", 3.0, ["upper_rad", "human's hip_flexion_r"]),
        ("joints.left_hip.side", "right", ["left_hip", "already assisted by right_hip"]),
        ("joints", {}, ["joints", "at least one"]),
        ("joints", ["right_hip"], ["joints", "keys with values"]),
        ("device", DELETE, ["device", "expected a name"]),
        ("dervice", "x", ["dervice", "unknown key"]),
        ("safety.zero_within_s", 0.06, ["zero_within_s", "raise it to at least 0.08"]),
        ("safety.valid_for_s", 0.01, ["valid_for_s", "at least the fade's"]),
        ("safety.max_fades", 2.5, ["max_fades", "whole number"]),
        ("safety.arming_s", 10**400, ["arming_s", "out of range"]),
        ("encoders", {"correct_angles": "yes please"}, ["encoders", "true nor false"]),
    ],
)
def test_what_is_wrong_is_refused_by_its_place(changed, place, value, words):
    path = changed(place, value)
    with pytest.raises(MappingError) as caught:
        load_mapping(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[0.0, 0.0], [0.5, 9.0]], ["out of range"]),
        ([[0.5, 0.0], [0.2, 0.1]], ["must ascend"]),
        ([[0.0, 0.0], [1.0, 0.1]], ["below 1"]),
        ([0.0, 0.1], ["points"]),
        ([], ["points"]),
    ],
)
def test_profiles_are_checked(changed, points, words):
    law = {"type": "phase_torque", "torque_nm_kg": points}
    with pytest.raises(MappingError) as caught:
        load_mapping(changed("joints.right_hip.law", law))
    assert all(word in str(caught.value) for word in ["right_hip.law", "torque_nm_kg", *words])


def test_a_joint_in_the_middle_has_no_gait_phase(changed):
    path = changed("joints.right_hip", {
        "coordinate": "lumbar_extension", "side": "middle", "sign": 1,
        "law": {"type": "phase_torque", "torque_nm_kg": 0.1},
        "limits": {"torque_nm": 5.0, "torque_rate_nm_s": 400.0, "power_w": 10.0,
                   "lower_rad": -0.3, "upper_rad": 0.3},
    })  # fmt: skip
    with pytest.raises(MappingError, match="gait phase"):
        load_mapping(path)


@pytest.mark.parametrize(
    "text", ["device: [", "device: a\ndevice: b\n", "just words", "", "device: 2026-13-45"]
)
def test_what_is_no_table_is_refused(tmp_path, text):
    path = tmp_path / "device.yaml"
    path.write_text(text)
    with pytest.raises(MappingError, match="device.yaml"):
        load_mapping(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MappingError, match="nowhere.yaml: cannot be read"):
        load_mapping(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(("rate_hz", "is_good"), [(500, True), (100, True), (50, False)])
def test_a_loop_that_is_too_slow_for_the_promise_is_refused(rate_hz, is_good):
    mapping = load_mapping(HIP)
    if is_good:
        check_period(mapping, 1 / rate_hz)
    else:
        with pytest.raises(MappingError, match="rate_hz"):
            check_period(mapping, 1 / rate_hz)
