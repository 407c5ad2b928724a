"""A rigid-body exoskeleton on a person who moves as prescribed, coupled by compliant straps.

The person's motion is given; the device hangs on the straps and is moved by them, by its motors and
by gravity. What the straps do to the person comes out as generalised forces: a person whose motion
needs the joint torques `tau` needs only `tau` minus these once the device is worn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_assist.simulated_device_model import DeviceModel
from monomsk_assist.simulated_device_person import PersonInstant
from monomsk_assist.straps import stretch

Array = NDArray[np.float64]

_FREE = 6


@dataclass(frozen=True, eq=False)
class DeviceState:
    """The device after a step; lists over hinges are in the design's order.

    Attributes:
        angle: Of the hinges, positive as the person's coordinates (n,) [rad].
        rate: (n,) [rad/s].
        motor_torque: What the motors give (n,) [N m].
        strap_forces: Generalised forces of all straps on the person (37,) [N, N m].
        strap_wrenches: Of each strap on its link, in the strap's frame (links, 6) [N, N m].
    """

    angle: Array
    rate: Array
    motor_torque: Array
    strap_forces: Array
    strap_wrenches: Array


class SimulatedDevice:
    """The device, stepped by linearly implicit Euler: stiff straps do not limit the step.

    Args:
        fitted: The device on this person.
        start: Where the person is at first; the device starts without strain, moving along.

    Attributes:
        fitted: The device.
        q, v: Its configuration and velocity.
    """

    def __init__(self, fitted: DeviceModel, start: PersonInstant) -> None:
        self.fitted = fitted
        design = fitted.design
        self._data = fitted.model.createData()
        straps = [link.strap for link in design.links]
        self._stiffness = np.concatenate([strap.stiffness() for strap in straps])
        self._damping = np.concatenate([strap.damping() for strap in straps])
        # the straps' ends in the frames of the joints
        self._ends = [
            link * strap
            for link, strap in zip(fitted.link_places, fitted.strap_places, strict=True)
        ]
        self._to_ends = [end.inverse().action for end in self._ends]
        self._upper = np.triu(np.ones((fitted.model.nv, fitted.model.nv)))
        self._diagonal = np.diag_indices(fitted.model.nv)
        self._motor_torque = np.zeros(len(design.hinges))
        self.q = pin.neutral(fitted.model)
        self.v = np.zeros(fitted.model.nv)
        self._put_on(start)

    def _put_on(self, person: PersonInstant) -> None:
        """Lay free links on their segments and turn the hinges as the person's joints are."""
        fitted, model = self.fitted, self.fitted.model
        segments = [link.segment for link in fitted.design.links]
        for k, joint in enumerate(fitted.link_joints):
            kind = model.joints[joint]
            if kind.nv == _FREE:
                self.q[kind.idx_q : kind.idx_q + 7] = pin.SE3ToXYZQUAT(person.poses[k])
                self.v[kind.idx_v : kind.idx_v + _FREE] = person.velocities[k].vector
        for k, hinge in enumerate(fitted.design.hinges):
            parent, child = segments.index(hinge.parent), segments.index(hinge.child)
            joint = fitted.link_joints[child]
            # the joint's frame is turned like the child's segment at angle zero
            rest = fitted.link_places[parent].actInv(model.jointPlacements[joint]).rotation
            turned = person.poses[parent].rotation.T @ person.poses[child].rotation
            self.q[fitted.angle_indices[k]] = fitted.axes[k] @ pin.log3(rest.T @ turned)
            spin = person.velocities[child].angular - turned.T @ person.velocities[parent].angular
            self.v[fitted.rate_indices[k]] = fitted.axes[k] @ spin

    def step(self, person: PersonInstant, command: Array, step_s: float) -> DeviceState:
        """Advance by one step.

        Args:
            person: The strapped segments during the step, in the order of the design's links.
            command: Torque asked of each motor (n hinges,) [N m].
            step_s: Duration [s].
        """
        self._follow(command, step_s)
        fitted, data, model = self.fitted, self._data, self.fitted.model
        pin.computeJointJacobians(model, data, self.q)
        pin.forwardKinematics(model, data, self.q, self.v)
        jacobian, displacement, rate = self._straps(person)
        resistance = self._damping + step_s * self._stiffness
        pull = self._stiffness * displacement + resistance * rate
        load = jacobian.T @ pull - fitted.friction * self.v
        load -= pin.nonLinearEffects(model, data, self.q, self.v)
        load[fitted.rate_indices] += self._motor_torque
        matrix = self._mass_matrix() + step_s * (jacobian.T * resistance) @ jacobian
        matrix[self._diagonal] += step_s * fitted.friction
        change = np.linalg.solve(matrix, step_s * load)
        wrenches = (pull - resistance * (jacobian @ change)).reshape(-1, _FREE)
        on_person = self._on_person(person, wrenches)
        self.v = self.v + change
        self.q = pin.integrate(model, self.q, step_s * self.v)
        return DeviceState(
            angle=self.q[fitted.angle_indices],
            rate=self.v[fitted.rate_indices],
            motor_torque=self._motor_torque,
            strap_forces=on_person,
            strap_wrenches=wrenches,
        )

    def _follow(self, command: Array, step_s: float) -> None:
        """Motors reach their command like a first-order lag, within their limit."""
        design = self.fitted.design
        limit = design.torque_limit_n_m
        wanted = np.minimum(np.maximum(command, -limit), limit)
        share = 1.0 - math.exp(-step_s / design.motor_time_constant_s)
        self._motor_torque = self._motor_torque + share * (wanted - self._motor_torque)

    def _mass_matrix(self) -> Array:
        """Pinocchio fills the upper half only."""
        upper = self._upper * pin.crba(self.fitted.model, self._data, self.q)
        mass: Array = upper + upper.T
        mass[self._diagonal] *= 0.5
        return mass

    def _straps(self, person: PersonInstant) -> tuple[Array, Array, Array]:
        """Jacobians of the straps' ends on the device, displacements and rates, one on another."""
        fitted, data = self.fitted, self._data
        jacobians, displacements, rates = [], [], []
        for k, joint in enumerate(fitted.link_joints):
            strap, end = fitted.strap_places[k], self._ends[k]
            local = pin.getJointJacobian(fitted.model, data, joint, pin.LOCAL)
            jacobians.append(self._to_ends[k] @ local)
            deformed = stretch(
                data.oMi[joint] * end,
                end.actInv(data.v[joint]),
                person.poses[k] * strap,
                strap.actInv(person.velocities[k]),
            )
            displacements.append(deformed.displacement)
            rates.append(deformed.rate)
        return np.concatenate(jacobians), np.concatenate(displacements), np.concatenate(rates)

    def _on_person(self, person: PersonInstant, wrenches: Array) -> Array:
        """Generalised forces (37,) of the straps, opposite to what they do to the links."""
        total = np.zeros(person.jacobians.shape[2])
        for k, joint in enumerate(self.fitted.link_joints):
            place = self._data.oMi[joint] * self._ends[k]
            total += person.generalized_forces(k, pin.Force(-wrenches[k]), place)
        return total
