"""Times of the differentiable layers: which are measured, and how they are told."""

import math
import time

import pytest

from monomsk_analysis.bench_layers_report import LayerSpeed, layer_sections

torch = pytest.importorskip("torch")

from monomsk_analysis.bench_layers import (  # noqa: E402
    backend_speeds,
    backends,
    cases,
    measure,
    time_ns,
)
from monomsk_description.skeleton import Skeleton  # noqa: E402


def test_every_layer_has_a_gradient_and_a_time(skeleton: Skeleton) -> None:
    backend = backends(skeleton, "cpu")[0]
    speeds = list(backend_speeds(skeleton, backend, [2], 0.0))
    assert len(speeds) == 5
    for speed in speeds:
        assert (speed.backend, speed.device, speed.batch) == ("pinocchio", "cpu", 2)
        assert 0.0 < speed.forward_ns < math.inf
        assert 0.0 < speed.both_ns < math.inf


def test_torch_computes_the_same_layers_in_both_precisions(skeleton: Skeleton) -> None:
    double, single = backends(skeleton, "cpu")[1:]
    assert [case.name for case in cases(skeleton, single, 2)][-1] == "muscle lengths"
    first, second = (cases(skeleton, backend, 2)[1] for backend in (double, single))
    tau, rough = first.layer(*first.inputs), second.layer(*second.inputs)
    assert (tau.dtype, rough.dtype) == (torch.float64, torch.float32)
    assert torch.allclose(tau, rough.double(), rtol=1e-3, atol=1e-2)


def test_times_are_per_sample(skeleton: Skeleton) -> None:
    case = cases(skeleton, backends(skeleton, "cpu")[0], 4)[0]
    forward_ns, both_ns = measure(case, 4, 1e-3)
    assert 0.0 < forward_ns < both_ns * 4
    assert time_ns(lambda: time.sleep(0.01), 10, 0.02) >= 0.01e9 / 10


def test_the_table_names_layer_backend_device_and_batch() -> None:
    text = "\n".join(layer_sections([LayerSpeed("rollout", "torch f32", "cpu", 8, 12.4, 40.6)]))
    assert "| rollout | torch f32 | cpu | 8 | 12 | 41 |" in text
