"""Devices, people and estimates for the tests of assistance."""

import numpy as np
import pytest
from tests.monomsk_assist.core_run import SAFETY, Run

from monomsk_assist.command import State
from monomsk_assist.estimate import Estimate, Sole
from monomsk_assist.laws import TorqueGainLaw
from monomsk_assist.mapping import DeviceMapping, JointLimits, JointMapping, Safety
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

HIP = 0


def _estimate(stamp_ns: int, **changes) -> Estimate:
    """An upright person; angle_rad, rate_rad_s, torque_nm and sigma_nm are those of the hip."""
    q = np.zeros(38)
    q[6] = 1.0
    v, tau, sigma = np.zeros(37), np.zeros(37), np.ones(37)
    q[7 + HIP] = changes.pop("angle_rad", 0.2)
    v[6 + HIP] = changes.pop("rate_rad_s", 0.0)
    tau[6 + HIP] = changes.pop("torque_nm", 20.0)
    sigma[6 + HIP] = changes.pop("sigma_nm", 1.0)
    sole = Sole(False, np.zeros(3), np.full(3, np.nan), 0.0)
    fields = {
        "q": q, "v": v, "a": np.zeros(37), "tau": tau, "tau_sigma": sigma, "soles": (sole, sole),
        "root_residual": np.zeros(6), "consistency_error": 0.01, "track_id": 1,
    }  # fmt: skip
    return Estimate(stamp_ns=stamp_ns, **(fields | changes))


def _mapping(law=None, limits=None, **fields) -> DeviceMapping:
    """One hip."""
    limits = limits or JointLimits(10.0, 400.0, 30.0, -0.5, 1.5, 0.1)
    joint = JointMapping(
        "hip_motor", "hip_flexion_r", 0, -1, 0.1, law or TorqueGainLaw(0.5), limits
    )
    return DeviceMapping("one hip", (joint,), fields.pop("safety", Safety()), **fields)


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


@pytest.fixture(scope="session")
def make_estimate():
    return _estimate


@pytest.fixture(scope="session")
def make_mapping():
    return _mapping


@pytest.fixture
def make_run(make_mapping, make_estimate):
    def make(**fields):
        options = {
            key: fields.pop(key) for key in ("predicts", "clock_is_simulated") if key in fields
        }
        return Run(make_mapping(**{"safety": SAFETY, **fields}), make_estimate, **options)

    return make


@pytest.fixture
def active(make_run):
    run = make_run()
    assert run.core.enable() == ""
    assert run.run(0.6).state is State.ACTIVE
    return run
