"""A calibration that is missing, all zero, broken, or late; a graph whose nodes find it late."""

import time

import pytest
from tests.integration.fault_stack import Stack, note

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.requires_ros]

WAIT_S = 2.0  # perception's camera_info_wait_s


@pytest.fixture(scope="module")
def late(workspace_environment, tmp_path_factory):
    """A camera without calibration and dynamics, both running before perception does."""
    running = Stack(workspace_environment, tmp_path_factory.mktemp("faults"), "/late_info")
    try:
        running.start_camera().set(info="none")
        running.start("dynamics")
        running.observer.spin_until(lambda: running.camera.published(), 20.0)
        yield running
    finally:
        running.close()


def test_a_missing_calibration_is_awaited_then_assumed_and_said(late):
    begun_s = time.perf_counter()
    late.start("perception", camera_info_wait_s=WAIT_S)
    late.steady()
    assert late.observer.said("no calibration", begun_s) or late.observer.spin_until(
        lambda: late.observer.said("no calibration", begun_s), 3.0
    )
    assert "focal_length" in late.observer.states[-1].message.assumptions
    late.check_results(begun_s)
    late.check_order(begun_s)
    late.alive()


def test_a_late_calibration_takes_effect_at_once(late):
    set_s = late.camera.set(info="good")
    known = late.observer.spin_until(
        lambda: "focal_length" not in late.observer.states[-1].message.assumptions, 5.0
    )
    assert known, late.output()
    note("camera_info late", time.perf_counter() - set_s)
    assert "focal_length" not in late.observer.states[-1].message.assumptions
    note("results after a late camera_info", late.recovery_s(set_s))
    late.check_results(set_s)
    late.check_order(set_s)
    late.alive()


@pytest.mark.parametrize(("info", "says"), [("nan", "bad camera_info"), ("none", "")])
def test_a_calibration_once_good_stays_in_force(late, info, says):
    begun_s = late.camera.set(info=info)
    late.observer.listen(2.5)
    late.results_after(begun_s + 1.0, 5)
    recent = [a for a in late.observer.states if a.time_s > begun_s + 1.0]
    assert len(recent) >= 5
    assert all("focal_length" not in a.message.assumptions for a in recent)
    assert late.observer.said(says, begun_s)
    late.camera.set(info="good")
    late.check_results(begun_s)
    late.check_order(begun_s)
    late.alive()


def test_an_all_zero_matrix_is_no_calibration(late):
    late.camera.set(info="zero")
    late.kill("perception")
    begun_s = time.perf_counter()
    # a matrix of zeros is an answer: nothing to wait for
    late.start("perception", camera_info_wait_s=3600.0)
    late.steady()
    assert late.observer.said("no calibration", begun_s) or late.observer.spin_until(
        lambda: late.observer.said("no calibration", begun_s), 3.0
    )
    assert "focal_length" in late.observer.states[-1].message.assumptions
    late.check_results(begun_s)
    late.alive()
