"""The muscles behind a recording's torques."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.progress import Stages
from monomsk_description.muscle_file import LegMuscles
from monomsk_description.muscles import MuscleGeometry
from monomsk_dynamics.muscle_analysis import MuscleAnalysis


@dataclass(frozen=True)
class MuscleRequest:
    """Whether and which muscles are computed.

    Attributes:
        wanted: False leaves the analysis as it is.
        legs: The muscles of right and left leg in an OpenSim model; None for the shipped ones.
    """

    wanted: bool = True
    legs: tuple[LegMuscles, LegMuscles] | None = None


def add_muscles(analysis: Analysis, request: MuscleRequest, stages: Stages) -> Analysis:
    """Return the analysis with activations, forces and joint contact forces of its results.

    Raises:
        DynamicsError: the activations of a frame cannot be found.
    """
    if not request.wanted or not analysis.results:
        return analysis
    with stages.stage("Muscles", 1) as advance:
        start_s = time.perf_counter()
        geometry = MuscleGeometry(analysis.skeleton, request.legs)
        muscles = MuscleAnalysis(analysis.skeleton, geometry=geometry)
        series = muscles.analyze_all(analysis.results)
        dynamics = list(analysis.dynamics)
        frames = [k for k, result in enumerate(dynamics) if result is not None]
        for frame, activations in zip(frames, series.activations.tolist(), strict=True):
            result = dynamics[frame]
            if result is not None:
                named = tuple(zip(series.names, activations, strict=True))
                dynamics[frame] = replace(result, muscle_activations=named)
        seconds = (time.perf_counter() - start_s) / len(frames)
        advance()
    return replace(analysis, dynamics=tuple(dynamics), muscles=series, muscles_s=seconds)
