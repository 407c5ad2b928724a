"""The solver with and without the inverse-dynamics transformer on held-out people.

python -m monomsk_training.kinetics_solver --trials DIR prints the table of docs/inverse_dynamics.md
from the files of `python -m monomsk_analysis.plate_trials DIR`; --live that of the live solver.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monomsk_description.body_state import BodyState
from monomsk_description.frames import GRAVITY_M_S2, Array
from monomsk_description.skeleton import Skeleton
from monomsk_description.threads import use_one_thread
from monomsk_dynamics.frame import SIDES
from monomsk_dynamics.inverse_dynamics_transformer import InverseDynamicsTransformer
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.load_sharing import upright
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.options import DynamicsOptions, LoadSharingOptions
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.rotations import matrix
from monomsk_training.errors import RecipeError
from monomsk_training.kinetics_data import Noise, trial_skeleton
from monomsk_training.train_kinetics import HELD_OUT

#: Joints whose moments are scored, of both legs.
_JOINTS = ("hip_flexion", "hip_adduction", "knee_angle", "ankle_angle")
_GROUPS = ("Straight", "Turn", "walk", "run")
#: What is scored.
CONDITIONS = (Noise(0.0, 0.0), Noise(1.5, 1.0))
_SEED = 100
#: Live, states come about as often, and the first of them are not scored [Hz, s].
_LIVE_RATE_HZ, _SETTLING_S = 60.0, 0.2


@dataclass(frozen=True)
class SolverScore:
    """Errors of the offline solver over the frames of a trial that the plates saw whole.

    Attributes:
        vertical: Vertical force per foot, root mean square [% body weight].
        vertical_mae: Its mean absolute error [% body weight].
        fore_aft: Along the pelvis' heading, root mean square [% body weight].
        lateral: Across [% body weight].
        moments: Mean over hip flexion, adduction, knee and ankle [N m/kg].
    """

    vertical: float
    vertical_mae: float
    fore_aft: float
    lateral: float
    moments: float

    def row(self) -> Array:
        """As numbers, in the order of the attributes."""
        return np.array(list(self.__dict__.values()))


def solver_score(
    data: dict[str, np.ndarray], noise: Noise, seed: int, *, learned: bool, live: bool = False
) -> SolverScore:
    """Solve one trial; nobody tells the solver how noisy it is.

    Args:
        data: A file of plate_trials.
        noise: What is added to the motion.
        seed: Of the noise.
        learned: Whether the transformer shares the load.
        live: Whether the live solver is asked, state by state.
    """
    skeleton = trial_skeleton(data)
    stamps = data["stamps_ns"]
    q = data["q"]
    if noise.angle_deg:
        rate_hz = 1e9 / float(np.median(np.diff(stamps)))
        q = noise.applied(skeleton, q, rate_hz, np.random.default_rng(seed))
    if live:
        return score_results(skeleton, data, live_results(skeleton, stamps, q, learned=learned))
    transformer = InverseDynamicsTransformer(skeleton) if learned else None
    return score_results(skeleton, data, analyze_motion(skeleton, stamps, q, None, None,
                                                        transformer=transformer))  # fmt: skip


def live_results(
    skeleton: Skeleton, stamps: np.ndarray, q: Array, *, learned: bool
) -> list[BodyDynamics]:
    """What the live solver answers to every few configurations (n, 38) of a recording."""
    sharing = LoadSharingOptions(learned_live=learned)
    solver = LiveDynamics(skeleton, DynamicsOptions(load_sharing=sharing))
    step = max(1, round(1e9 / _LIVE_RATE_HZ / float(np.median(np.diff(stamps)))))
    results = [
        solver.update(BodyState(int(stamp), row, np.zeros(skeleton.nv)))
        for stamp, row in zip(stamps[::step], q[::step], strict=True)
    ]
    return [one for one in results if one.stamp_ns - int(stamps[0]) > 1e9 * _SETTLING_S]


def score_results(
    skeleton: Skeleton, data: dict[str, np.ndarray], results: Sequence[BodyDynamics]
) -> SolverScore:
    """Results of a trial against its plates."""
    rows = np.searchsorted(data["stamps_ns"], [result.stamp_ns for result in results])
    known = data["complete"][rows]
    force = np.array([[sole.force for sole in result.soles] for result in results])
    error = 100.0 * (force - data["force"][rows])[known] / (skeleton.mass_kg * GRAVITY_M_S2)
    heading = np.array([upright(matrix(result.q[3:7])[:, 0]) for result in results])[known]
    fore_aft, lateral, vertical = np.moveaxis(np.einsum("nij,nfi->nfj", heading, error), 2, 0)
    columns = [6 + skeleton.coordinate_index(f"{name}_{s}") for s in SIDES for name in _JOINTS]
    moments = np.array([result.tau for result in results])[known][:, columns]
    off = (moments - data["torque"][rows][known][:, columns]) / skeleton.mass_kg
    return SolverScore(
        _rms(vertical), float(np.abs(vertical).mean()), _rms(fore_aft), _rms(lateral),
        float(np.sqrt((off**2).mean(axis=0)).mean()),
    )  # fmt: skip


def table(
    folder: Path, people: Sequence[str] = HELD_OUT, *, live: bool = False, draws: int = 1
) -> list[str]:
    """The lines of a Markdown table; of several draws of the noise with standard deviations.

    Raises:
        RecipeError: The folder holds no trial of these people.
    """
    paths = [p for p in sorted(folder.glob("*.npz")) if p.name.startswith(tuple(people))]
    if not paths:
        raise RecipeError(str(folder), "no such trials; run monomsk_analysis.plate_trials first")
    lines = [
        "| motion, noise | | vertical RMSE | MAE | fore-aft | lateral | moments |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for noise in CONDITIONS:
        seeds = range(_SEED, _SEED + (draws if noise.angle_deg else 1))
        for group in _GROUPS:
            own = [_read(path) for path in paths if group in path.name]
            own = [data for data in own if data["complete"].any()]
            for learned in (False, True):
                scores = [
                    [solver_score(data, noise, seed, learned=learned, live=live).row()
                     for data in own]
                    for seed in seeds
                ]  # fmt: skip
                if own:
                    lines.append(_line(group, noise, learned, np.mean(scores, axis=1)))
    return lines


def _read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def _line(group: str, noise: Noise, learned: bool, draws: Array) -> str:
    """Of means over the trials, a row (5,) for each draw of the noise."""
    quality = f"{noise.angle_deg} deg, {noise.pelvis_cm} cm" if noise.angle_deg else "as captured"
    numbers = [f"{value:.1f}" for value in draws.mean(axis=0)[:4]] + [f"{draws[:, 4].mean():.3f}"]
    if len(draws) > 1:
        spreads = [f"{value:.1f}" for value in draws.std(axis=0, ddof=1)[:4]]
        spreads.append(f"{draws[:, 4].std(ddof=1):.3f}")
        numbers = [f"{one} ± {other}" for one, other in zip(numbers, spreads, strict=True)]
    name = "transformer" if learned else "curves"
    return f"| {group.lower()}, {quality} | {name} | {' | '.join(numbers)} |"


def _rms(values: Array) -> float:
    return float(np.sqrt((values**2).mean()))


def main(words: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=Path, required=True, help="folder of plate_trials")
    parser.add_argument("--people", nargs="*", default=HELD_OUT, help="first words of trials")
    parser.add_argument("--live", action="store_true", help="the live solver, state by state")
    parser.add_argument("--draws", type=int, default=1, help="of the noise")
    arguments = parser.parse_args(words)
    use_one_thread()
    lines = table(arguments.trials, arguments.people, live=arguments.live, draws=arguments.draws)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
