"""Time of the differentiable layers, ns per sample: `python scripts/bench_layers.py --help`."""

import argparse
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.layers.body import Body
from monomsk_dynamics.layers.pinocchio_body import PinocchioBody
from monomsk_dynamics.layers.rollout import rollout
from monomsk_dynamics.layers.torch_body import TorchBody

PERIOD_S = 1.0 / 60.0
ROLLOUT_FRAMES = 4

Layer = Callable[..., Tensor]


class Case(NamedTuple):
    """A layer and its inputs."""

    name: str
    layer: Layer
    inputs: tuple[Tensor, ...]


def cases(skeleton: Skeleton, body: Body, batch: int, like: Tensor) -> list[Case]:
    """All layers of a body on random postures."""
    rng = np.random.default_rng(0)
    few = [skeleton.integrate(skeleton.neutral(), rng.normal(size=37) * 0.3) for _ in range(16)]

    def tensor(values: np.ndarray) -> Tensor:
        return torch.tensor(values).to(like)

    q = tensor(np.resize(np.array(few), (batch, 38)))
    v, a = tensor(rng.normal(size=(batch, 37))), tensor(rng.normal(size=(batch, 37)))
    forces = tensor(rng.normal(size=(batch, 16, 3)) * 20.0)
    with torch.no_grad():
        tau = body.inverse_dynamics(q, v, a, forces)
    # Seen from outside, a rollout takes torques and forces for every frame.
    torques = tau[:, None].repeat(1, ROLLOUT_FRAMES + 1, 1)
    pushes = forces[:, None].repeat(1, ROLLOUT_FRAMES + 1, 1, 1)
    return [
        Case("landmarks", lambda q: body.points(q, skeleton.landmarks), (q,)),
        Case("inverse dynamics", lambda q, v, a: body.inverse_dynamics(q, v, a, None), (q, v, a)),
        Case("  with sole forces", body.inverse_dynamics, (q, v, a, forces)),
        Case("forward dynamics", body.forward_dynamics, (q, v, tau, forces)),
        Case(
            f"rollout, {ROLLOUT_FRAMES} frames",
            lambda q, v, tau, f: rollout(body, q, v, tau, f, PERIOD_S).q,
            (q, v, torques, pushes),
        ),
    ]


def time_ns(run: Callable[[], object], batch: int, least_s: float) -> float:
    """Best time of a run per sample [ns], of as many runs as fit; the first one is not counted."""
    run()
    best, spent_s = float("inf"), 0.0
    while spent_s < least_s:
        begin = perf_counter()
        run()
        _wait()
        took_s = perf_counter() - begin
        best, spent_s = min(best, took_s), spent_s + took_s
    return 1e9 * best / batch


def measure(case: Case, batch: int, least_s: float) -> tuple[float, float]:
    """Forward, and forward with backward [ns per sample]."""
    variables = [x.clone().requires_grad_() for x in case.inputs]

    def forward() -> None:
        with torch.no_grad():
            case.layer(*case.inputs)

    def both() -> None:
        torch.autograd.grad(case.layer(*variables).sum(), variables)

    return time_ns(forward, batch, least_s), time_ns(both, batch, least_s)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Times of the differentiable layers.")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 1024])
    parser.add_argument("--seconds", type=float, default=0.3, help="for each number")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="of the batched torch layers")
    parser.add_argument("--only", default="", help="layers whose name contains this")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    skeleton = build_skeleton(Subject(1.75, 70.0))
    print(f"best of {chosen.seconds} s each, {chosen.threads} thread(s), {chosen.device}")
    print(f"{'ns per sample':<20}{'backend':<12}{'batch':>6}{'forward':>12}{'+ backward':>12}")
    for batch in chosen.batches:
        for name, body, like in _bodies(skeleton, chosen.device):
            for case in cases(skeleton, body, batch, like):
                if chosen.only not in case.name:
                    continue
                forward, both = measure(case, batch, chosen.seconds)
                print(f"{case.name:<20}{name:<12}{batch:>6}{forward:>12,.0f}{both:>12,.0f}")


def _bodies(skeleton: Skeleton, device: str) -> list[tuple[str, Body, Tensor]]:
    double, single = (
        torch.zeros((), dtype=d, device=device) for d in (torch.float64, torch.float32)
    )
    bodies: list[tuple[str, Body, Tensor]] = [
        ("torch f64", TorchBody(skeleton).to(double), double),
        ("torch f32", TorchBody(skeleton).to(single), single),
    ]
    if device == "cpu":
        bodies.insert(0, ("pinocchio", PinocchioBody(skeleton), double))
    return bodies


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
