"""Time of the differentiable layers, ns per sample: `python -m monomsk_analysis.bench_layers`.

Needs torch, which the rest of the analysis does without.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from monomsk_analysis.bench_layers_report import LayerSpeed, layer_sections
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.layers.body import Body
from monomsk_dynamics.layers.pinocchio_body import PinocchioBody
from monomsk_dynamics.layers.rollout import rollout
from monomsk_dynamics.layers.torch_body import TorchBody

PERIOD_S = 1.0 / 60.0
ROLLOUT_FRAMES = 4
_FEWEST_RUNS = 3

Layer = Callable[..., Tensor]


class Case(NamedTuple):
    """A layer and its inputs."""

    name: str
    layer: Layer
    inputs: tuple[Tensor, ...]


class Backend(NamedTuple):
    """Who computes the layers: a body, and a tensor of its precision and device."""

    name: str
    body: Body
    like: Tensor


def bench_layers(
    batches: Sequence[int] = (1, 1024), seconds: float = 0.2
) -> tuple[LayerSpeed, ...]:
    """Every layer on the CPU, and on a GPU when there is one.

    Args:
        batches: Numbers of samples at once.
        seconds: For each number.
    """
    torch.set_num_threads(1)
    skeleton = build_skeleton(Subject(1.75, 70.0))
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    return tuple(
        speed
        for device in devices
        for backend in backends(skeleton, device)
        for speed in backend_speeds(skeleton, backend, batches, seconds)
    )


def backend_speeds(
    skeleton: Skeleton, backend: Backend, batches: Sequence[int], seconds: float
) -> Iterator[LayerSpeed]:
    """Times of all layers of one backend."""
    device = backend.like.device
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    for batch in batches:
        for case in cases(skeleton, backend, batch):
            forward_ns, both_ns = measure(case, batch, seconds)
            yield LayerSpeed(case.name, backend.name, where, batch, forward_ns, both_ns)


def backends(skeleton: Skeleton, device: str) -> list[Backend]:
    """Pinocchio's on the CPU, and batched torch in both precisions."""
    found = []
    double, single = (
        torch.zeros((), dtype=d, device=device) for d in (torch.float64, torch.float32)
    )
    if device == "cpu":
        found.append(Backend("pinocchio", PinocchioBody(skeleton), double))
    return [
        *found,
        Backend("torch f64", TorchBody(skeleton).to(double), double),
        Backend("torch f32", TorchBody(skeleton).to(single), single),
    ]


def cases(skeleton: Skeleton, backend: Backend, batch: int) -> list[Case]:
    """All layers of a body on random postures."""
    rng = np.random.default_rng(0)
    body = backend.body
    few = [skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.3) for _ in range(16)]

    def tensor(values: np.ndarray) -> Tensor:
        return torch.tensor(values).to(backend.like)

    q = tensor(np.resize(np.array(few), (batch, 38)))
    v, a = tensor(rng.normal(size=(batch, 37))), tensor(rng.normal(size=(batch, 37)))
    forces = tensor(rng.normal(size=(batch, 16, 3)) * 20.0)
    with torch.no_grad():
        tau = body.inverse_dynamics(q, v, a, forces)
    # Seen from outside, a rollout takes torques and forces for every frame.
    torques = tau[:, None].repeat(1, ROLLOUT_FRAMES + 1, 1)
    pushes = forces[:, None].repeat(1, ROLLOUT_FRAMES + 1, 1, 1)
    found = [
        Case("landmarks", lambda q: body.points(q, skeleton.landmarks), (q,)),
        Case("inverse dynamics", lambda q, v, a: body.inverse_dynamics(q, v, a, None), (q, v, a)),
        Case("inverse dynamics with sole forces", body.inverse_dynamics, (q, v, a, forces)),
        Case("forward dynamics", body.forward_dynamics, (q, v, tau, forces)),
        Case(
            f"rollout, {ROLLOUT_FRAMES} frames",
            lambda q, v, tau, f: rollout(body, q, v, tau, f, PERIOD_S).q,
            (q, v, torques, pushes),
        ),
    ]
    if isinstance(body, TorchBody):  # Pinocchio knows no muscles
        geometry = MuscleGeometry(skeleton)
        found.append(Case("muscle lengths", lambda q: geometry.lengths(q[:, 7:]), (q,)))
    return found


def measure(case: Case, batch: int, least_s: float) -> tuple[float, float]:
    """Forward, and forward with backward [ns per sample]."""
    variables = [x.clone().requires_grad_() for x in case.inputs]

    def forward() -> None:
        with torch.no_grad():
            case.layer(*case.inputs)

    def both() -> None:
        torch.autograd.grad(case.layer(*variables).sum(), variables)

    return time_ns(forward, batch, least_s), time_ns(both, batch, least_s)


def time_ns(run: Callable[[], object], batch: int, least_s: float) -> float:
    """Best time of a run per sample [ns], of as many runs as fit; the first one is not counted."""
    run()
    _wait()
    best, spent_s, runs = float("inf"), 0.0, 0
    while runs < _FEWEST_RUNS or spent_s < least_s:
        begin = perf_counter()
        run()
        _wait()
        took_s = perf_counter() - begin
        best, spent_s, runs = min(best, took_s), spent_s + took_s, runs + 1
    return 1e9 * best / batch


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Times of the differentiable layers.")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 1024])
    parser.add_argument("--seconds", type=float, default=0.2, help="for each number")
    chosen = parser.parse_args(arguments)
    print("\n\n".join(layer_sections(bench_layers(chosen.batches, chosen.seconds))))


if __name__ == "__main__":
    main()
