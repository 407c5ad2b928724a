"""The marker recordings with force plates that the benchmark and the training know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monomsk_analysis.marker_motion import MarkerRequest
from monomsk_description.subject import Subject

_OPENSIM = Path("opensim_pipelines")
_RAJAGOPAL = _OPENSIM / "Rajagopal" / "ExpData"
_GAIT2392 = _OPENSIM / "Gait2392_Simbody"
_HAMNER = _OPENSIM / "Hamner"
_BMC = Path("mocap_running_bmc")
_ADULT = Path("mocap_walking_3d")
_CHILDREN = Path("gait_c3d")
#: Static, straight and turning recording of each young subject.
_CHILD_TRIALS = (
    ("HC002D", "02", "06", "25"),
    ("HC030A", "01", "05", "22"),
    ("HC031A", "01", "06", "23"),
    ("HC033A", "01", "10", "22"),
    ("HC036A", "01", "10", "23"),
    ("HC039A", "01", "17", "31"),
    ("HC040A", "04", "14", "40"),
    ("HC050A", "01", "11", "33"),
    ("HC055A", "01", "09", "34"),
)
#: Those whose recordings trained the inverse-dynamics transformer.
_TRAINED = ("HC002D", "HC030A", "HC031A", "HC033A", "HC036A")
#: Recordings with labels that are exchanged: as they are, the left forearm is turned by 66 to 89
#: degrees too far beside a straight elbow.
_EXCHANGED = {
    "HC030A Straight": (("LWRA", "LWRB"),),
    "HC030A Turn": (("LWRA", "LWRB"),),
    "HC050A Straight": (("LWRA", "LWRB"),),
}
GROUPS = ("walk", "run", "young straight", "young turn")


@dataclass(frozen=True)
class MarkerTrial:
    """A recording with force plates.

    Attributes:
        name: short.
        group: one of GROUPS.
        motion: markers, below the reference folder.
        subject: who; a C3D file knows itself.
        statics: standing.
        forces: plates, unless the motion has them.
        model: the person's OpenSim model instead of scaling.
        tuned: whether a constant of the dynamics was chosen on this recording, or the
            inverse-dynamics transformer trained on it.
        exchanged: pairs of markers whose labels are exchanged in it.
    """

    name: str
    group: str
    motion: Path
    subject: Subject
    statics: tuple[Path, ...] = ()
    forces: Path | None = None
    model: Path | None = None
    tuned: bool = False
    exchanged: tuple[tuple[str, str], ...] = ()

    def request(self, folder: Path) -> MarkerRequest:
        """How it is read from a reference folder."""
        return MarkerRequest(
            tuple(folder / static for static in self.statics),
            forces=folder / self.forces if self.forces else None,
            exchanged=self.exchanged,
        )


def trials() -> tuple[MarkerTrial, ...]:
    """All recordings, those the constants were chosen on included and marked."""
    adult = Subject(1.829, 85.07)
    standing = (_RAJAGOPAL / "static_walk_1.trc", _RAJAGOPAL / "static_walk_2.trc")
    walk, forces = _ADULT / "markers_walk.trc", _ADULT / "grf_walk.mot"
    gait2392 = Subject(1.80, 72.6)
    runner = Subject(1.80, 72.84)
    adults = (
        MarkerTrial("adult walk", "walk", walk, adult, standing, forces, tuned=True),
        MarkerTrial(
            "adult walk, scaled model", "walk", walk, adult, forces=forces,
            model=_ADULT / "subject_walk_scaled.osim", tuned=True,
        ),
        MarkerTrial(
            "Gait2392 walk", "walk", _GAIT2392 / "subject01_walk1.trc", gait2392,
            (_GAIT2392 / "subject01_static.trc",), _GAIT2392 / "subject01_walk1_grf.mot",
            tuned=True,
        ),
        MarkerTrial(
            "Rajagopal run", "run", _RAJAGOPAL / "motion_capture_run.trc", runner,
            (_RAJAGOPAL / "static_run.trc",), _RAJAGOPAL / "grf_run.mot", tuned=True,
        ),
        MarkerTrial(
            "Hamner run", "run", _HAMNER / "subject02_running.trc", Subject(1.80, 65.9),
            (_HAMNER / "subject02_static.trc",), _HAMNER / "subject02_running_grf.mot",
            tuned=True,
        ),
        MarkerTrial(
            "BMC run", "run", _BMC / "ExpData" / "motion_capture_run.trc", Subject(1.80, 70.0),
            forces=_BMC / "ExpData" / "grf_run.mot",
        ),
    )  # fmt: skip
    return (*adults, *_children())


def _children() -> tuple[MarkerTrial, ...]:
    rows = []
    for kind, column in (("Straight", 2), ("Turn", 3)):
        for entry in _CHILD_TRIALS:
            child = entry[0]
            static = _CHILDREN / f"{child}_Static_{child}{entry[1]}.c3d"
            motion = _CHILDREN / f"{child}_{kind}_{child}{entry[column]}.c3d"
            group = f"young {kind.lower()}"
            name = f"{child} {kind}"
            rows.append(
                MarkerTrial(
                    name, group, motion, Subject.assume(), (static,), tuned=child in _TRAINED,
                    exchanged=_EXCHANGED.get(name, ()),
                )
            )  # fmt: skip
    return tuple(rows)
