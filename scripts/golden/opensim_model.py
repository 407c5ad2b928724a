"""What the golden scripts need of an OpenSim model: free, unforced, patellae lumped.

Needs `opensim` (4.6), which cannot share a process with casadi: run it from its own environment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import opensim as osim  # type: ignore[import-not-found]
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: The project's gravity; the models say 9.80665.
GRAVITY_M_S2 = 9.81
PELVIS_COORDINATES = (
    "pelvis_tilt", "pelvis_list", "pelvis_rotation", "pelvis_tx", "pelvis_ty", "pelvis_tz",
)  # fmt: skip
_PATELLA_COORDINATE = "_beta"

osim.Logger.setLevelString("error")
osim.Logger.removeFileSink()


@dataclass(frozen=True)
class Motion:
    """Values, rates and accelerations of the coordinates at one instant, in the model's order."""

    values: Array
    rates: Array
    accelerations: Array

    def after(self, time_s: float) -> "Motion":
        """The motion a little later, the accelerations kept."""
        rates = self.rates + time_s * self.accelerations
        values = self.values + 0.5 * time_s * (self.rates + rates)
        return Motion(values, rates, self.accelerations)

    def at_rest(self) -> "Motion":
        """The same values and accelerations without any rate."""
        return Motion(self.values, np.zeros_like(self.rates), self.accelerations)


class GoldenModel:
    """A model without muscles, constraints and locks.

    Attributes:
        coordinates: Names of the coordinates, the pelvis' six and the patellae's left out.
        ranges: Their limits in the file [rad], (n, 2).
        segments: Names of the bodies, the patellae left out.
        markers: Names of the markers.
    """

    def __init__(self, path: Path) -> None:
        model = osim.Model(str(path))
        model.updForceSet().clearAndDestroy()
        model.updControllerSet().clearAndDestroy()
        model.updConstraintSet().clearAndDestroy()
        model.setGravity(osim.Vec3(0, -GRAVITY_M_S2, 0))
        every = model.updCoordinateSet()
        for index in range(every.getSize()):
            every.get(index).setDefaultLocked(False)
        self._model = model
        self._state = model.initSystem()
        self._lump_patellae()
        self._state = model.initSystem()
        self._solver = osim.InverseDynamicsSolver(model)
        names = [every.get(index).getName() for index in range(every.getSize())]
        self.coordinates = [
            n for n in names if n not in PELVIS_COORDINATES and not n.endswith(_PATELLA_COORDINATE)
        ]
        moving = [every.get(name) for name in self.coordinates]
        self.ranges = np.array([[c.getRangeMin(), c.getRangeMax()] for c in moving])
        bodies = model.getBodySet()
        self.segments = [
            bodies.get(i).getName() for i in range(bodies.getSize()) if not _is_patella(bodies, i)
        ]
        markers = model.getMarkerSet()
        self.markers = [markers.get(i).getName() for i in range(markers.getSize())]
        self._speed_index = {name: self._find_speed(name) for name in names}

    def move(self, motion: Motion, pelvis: Motion) -> None:
        """Sets coordinates (in the order of `coordinates`) and the pelvis' six.

        Patella coordinates follow their knees.
        """
        state = self._state
        for name, value, rate in [
            *zip(self.coordinates, motion.values, motion.rates, strict=True),
            *zip(PELVIS_COORDINATES, pelvis.values, pelvis.rates, strict=True),
        ]:
            for target in self._with_patella(name):
                coordinate = self._model.getCoordinateSet().get(target)
                coordinate.setValue(state, float(value), False)
                coordinate.setSpeedValue(state, float(rate))
        self._model.realizeVelocity(state)

    def inverse_dynamics(self, motion: Motion, pelvis: Motion) -> dict[str, float]:
        """Generalised force [N, N m] of every coordinate, the patellae's (massless) left out."""
        accelerations = osim.Vector(self._state.getNU(), 0.0)
        for name, value in [
            *zip(self.coordinates, motion.accelerations, strict=True),
            *zip(PELVIS_COORDINATES, pelvis.accelerations, strict=True),
        ]:
            for target in self._with_patella(name):
                accelerations.set(self._speed_index[target], float(value))
        self.move(motion, pelvis)
        forces = self._solver.solve(self._state, accelerations)
        names = (*PELVIS_COORDINATES, *self.coordinates)
        return {name: forces.get(self._speed_index[name]) for name in names}

    def origins(self) -> Array:
        """Places of the segments' origins in the ground (n, 3) [m]."""
        bodies = self._model.getBodySet()
        return np.array(
            [_array(bodies.get(n).getPositionInGround(self._state)) for n in self.segments]
        )

    def stations(self, offset_m: Array) -> Array:
        """Places in the ground of the point at `offset_m` (3,) of every segment (n, 3) [m]."""
        bodies = self._model.getBodySet()
        offset = osim.Vec3(*map(float, offset_m))
        return np.array(
            [
                _array(bodies.get(n).findStationLocationInGround(self._state, offset))
                for n in self.segments
            ]
        )

    def marker_places(self) -> Array:
        """Places of the markers in the ground (n, 3) [m]."""
        markers = self._model.getMarkerSet()
        places = [_array(markers.get(n).getLocationInGround(self._state)) for n in self.markers]
        return np.array(places).reshape(-1, 3)

    def total_mass_kg(self) -> float:
        """Of all bodies."""
        return float(self._model.getTotalMass(self._state))

    def pelvis_rotation(self) -> Array:
        """Rotation matrix (3, 3) of the pelvis in the ground."""
        rotation = self._pelvis().getTransformInGround(self._state).R()
        return np.array([[rotation.get(i, j) for j in range(3)] for i in range(3)])

    def pelvis_spin_axes(self) -> Array:
        """Angular velocity in the ground over the rates of tilt, list and rotation (3, 3)."""
        columns = []
        for name in PELVIS_COORDINATES[:3]:
            for other in PELVIS_COORDINATES:
                coordinate = self._model.getCoordinateSet().get(other)
                coordinate.setSpeedValue(self._state, float(other == name))
            self._model.realizeVelocity(self._state)
            columns.append(_array(self._pelvis().getAngularVelocityInGround(self._state)))
        return np.array(columns).T

    def pelvis_acceleration(self, motion: Motion, pelvis: Motion) -> Array:
        """Linear and angular acceleration (6,) of the pelvis in the ground."""

        def spin_axes(time_s: float) -> Array:
            self.move(motion.after(0.0), pelvis.after(time_s))
            return self.pelvis_spin_axes()

        change = _rate(spin_axes)
        angular = spin_axes(0.0) @ pelvis.accelerations[:3] + change @ pelvis.rates[:3]
        self.move(motion, pelvis)
        return np.concatenate([pelvis.accelerations[3:], angular])

    def energy_rate(self, motion: Motion, pelvis: Motion) -> float:
        """How fast kinetic and potential energy grow along the motion [W]."""

        def energy(time_s: float) -> Array:
            self.move(motion.after(time_s), pelvis.after(time_s))
            kinetic = self._model.calcKineticEnergy(self._state)
            return np.array(kinetic + self._model.calcPotentialEnergy(self._state))

        return float(_rate(energy))

    def _pelvis(self) -> osim.Body:
        return self._model.getBodySet().get("pelvis")

    def _with_patella(self, name: str) -> list[str]:
        patella = f"{name}{_PATELLA_COORDINATE}"
        return [name, patella] if self._model.getCoordinateSet().contains(patella) else [name]

    def _find_speed(self, name: str) -> int:
        """Index of the coordinate's speed in the state: trees are not ordered like files."""
        coordinates = self._model.getCoordinateSet()
        for index in range(coordinates.getSize()):
            coordinates.get(index).setSpeedValue(self._state, 0.0)
        coordinates.get(name).setSpeedValue(self._state, 1.0)
        speeds = self._state.getU()
        found = [index for index in range(speeds.size()) if speeds.get(index) == 1.0]
        coordinates.get(name).setSpeedValue(self._state, 0.0)
        if len(found) != 1:
            raise LookupError(f"coordinate {name!r} has no speed of its own")
        return found[0]

    def _lump_patellae(self) -> None:
        """Moves the patellae's mass into the femurs, as they lie at straight knees."""
        bodies = self._model.updBodySet()
        self._model.realizePosition(self._state)
        for index in range(bodies.getSize()):
            if not _is_patella(bodies, index):
                continue
            patella = bodies.get(index)
            femur = bodies.get(patella.getName().replace("patella", "femur"))
            _add_mass(femur, patella, patella.findTransformBetween(self._state, femur))
            patella.setMass(0.0)
            patella.setInertia(osim.Inertia(0, 0, 0, 0, 0, 0))


def _rate(function: Callable[[float], Array], step_s: float = 1e-4) -> Array:
    """Derivative at zero, of fourth order in the step."""
    near = (function(step_s) - function(-step_s)) / (2 * step_s)
    far = (function(2 * step_s) - function(-2 * step_s)) / (4 * step_s)
    return (4 * near - far) / 3


def _is_patella(bodies: osim.BodySet, index: int) -> bool:
    return str(bodies.get(index).getName()).startswith("patella")


def _add_mass(body: osim.Body, rider: osim.Body, pose: osim.Transform) -> None:
    """Adds the rider's mass to the body; `pose` is the rider's frame in the body's."""
    rotation = np.array([[pose.R().get(i, j) for j in range(3)] for i in range(3)])
    masses = np.array([body.getMass(), rider.getMass()])
    centers = np.array(
        [
            _array(body.getMassCenter()),
            _array(pose.p()) + rotation @ _array(rider.getMassCenter()),
        ]
    )
    center = masses @ centers / masses.sum()
    inertia = _inertia(body) + rotation @ _inertia(rider) @ rotation.T
    for mass, offset in zip(masses, centers - center, strict=True):
        inertia = inertia + mass * (offset @ offset * np.eye(3) - np.outer(offset, offset))
    body.setMass(float(masses.sum()))
    body.setMassCenter(osim.Vec3(*center))
    body.setInertia(
        osim.Inertia(
            inertia[0, 0], inertia[1, 1], inertia[2, 2],
            inertia[0, 1], inertia[0, 2], inertia[1, 2],
        )
    )  # fmt: skip


def _inertia(body: osim.Body) -> Array:
    inertia = body.getInertia()
    xx, yy, zz = _array(inertia.getMoments())
    xy, xz, yz = _array(inertia.getProducts())
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def _array(vector: osim.Vec3) -> Array:
    return np.array([vector.get(i) for i in range(3)])
