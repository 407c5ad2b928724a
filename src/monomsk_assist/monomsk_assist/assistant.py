"""The core: estimates in at any time, one bounded command out at each tick. No ROS, no threads."""

from collections.abc import Mapping as Named
from dataclasses import dataclass

from monomsk_assist.checks import doubts
from monomsk_assist.command import UNKNOWN, Command, JointSetpoint, State, to_device
from monomsk_assist.encoders import Encoders
from monomsk_assist.estimate import Estimate, GaitEstimate
from monomsk_assist.input_watch import InputWatch
from monomsk_assist.joint_assistance import JointAssistance
from monomsk_assist.joint_outlook import JointOutlook
from monomsk_assist.laws import Moment
from monomsk_assist.mapping import DeviceMapping
from monomsk_assist.phase_clock import PhaseClock
from monomsk_assist.predictor import JointPrediction, Predictor
from monomsk_assist.reasons import FADING_IN, NOT_ENABLED, STOP_REQUESTED, Reason, texts
from monomsk_assist.state_machine import StateMachine

_NANOSECONDS = 1e-9
_ROOT_Q, _ROOT_V = 7, 6
#: Time without violations that makes up for a fourth of it with them.
_FORGIVENESS = 0.25


@dataclass(frozen=True)
class Person:
    """Who wears the device.

    Attributes:
        mass_kg: Body mass [kg].
        joints: Index of each mapped joint among the coordinates of this person's skeleton.
        predictor: Of these joints.
    """

    mass_kg: float
    joints: tuple[int, ...]
    predictor: Predictor


class Assistant:
    """Turns estimates into commands that obey the mapping's limits, or into zero.

    Args:
        mapping: The device.
        period_s: Nominal time between ticks [s].
        clock_is_simulated: The node's clock need not run as fast as a steady one.
        predicts: Look ahead to the time of the command; else the last estimate counts as it is.
    """

    def __init__(
        self,
        mapping: DeviceMapping,
        period_s: float,
        clock_is_simulated: bool = False,
        predicts: bool = True,
    ) -> None:
        safety = mapping.safety
        self.mapping = mapping
        self.watch = InputWatch(safety, clock_is_simulated)
        self._machine = StateMachine(safety)
        self._joints = [JointAssistance(joint, safety, period_s) for joint in mapping.joints]
        self._encoders = Encoders(mapping, mapping.encoders)
        self._phase = PhaseClock(safety.max_age_s + safety.max_horizon_s, safety.max_phase_sigma)
        self._person: Person | None = None
        self._period_s = period_s
        self._predicts = predicts
        self._outlooks = [JointOutlook(joint.coordinate) for joint in mapping.joints]
        self._newest: Estimate | None = None
        self._last_s: float | None = None
        self._violation_s = 0.0

    @property
    def state(self) -> State:
        """The present state."""
        return self._machine.state

    # Requests -----------------------------------------------------------------------------------

    def enable(self) -> str:
        """Ask for assistance; an empty answer if it is granted, else why not."""
        return self._machine.enable()

    def disable(self) -> None:
        """Take assistance away."""
        self._machine.disable()

    def reset_fault(self) -> str:
        """Leave a fault, to disabled; an empty answer if that was possible, else why not."""
        answer = self._machine.reset_fault()
        if not answer:
            self._violation_s = 0.0
        return answer

    # Inputs -------------------------------------------------------------------------------------

    def set_person(self, person: Person | None) -> None:
        """Another body model; None: it cannot be used."""
        self._person = person
        self._newest = None
        self._forget_strides()

    def _forget_strides(self) -> None:
        """Somebody else walks otherwise."""
        self._phase.reset()
        for outlook in self._outlooks:
            outlook.reset()

    def see_estimate(self, estimate: Estimate, now_ns: int, steady_s: float) -> None:
        """Take in an estimate at a time of the node's clock [ns] and of a steady clock [s]."""
        person, before = self._person, self.watch.track_id
        if person is None or not self.watch.sees(estimate, now_ns, steady_s):
            return
        if self.watch.track_id != before:
            self._forget_strides()
        found = doubts(estimate, self.mapping, person.joints, person.mass_kg)
        self.watch.judged(found)
        if Reason.NOT_FINITE not in found:
            person.predictor.accept(estimate)
            self._newest = estimate

    def see_bad_message(self, reason: Reason) -> None:
        """A message came that cannot be an estimate; the next good one makes up for it."""
        self.watch.judged(frozenset({reason}))

    def see_gait(self, gait: GaitEstimate) -> None:
        """Take in the gait phase."""
        self._phase.update(gait)
        newest, person = self._newest, self._person
        if person is None or newest is None or newest.stamp_ns != gait.stamp_ns:
            return
        for index, joint in enumerate(self.mapping.joints):
            fraction = self._phase.fraction(joint.side, gait.stamp_ns)
            coordinate = person.joints[index]
            torque_nm = float(newest.tau[_ROOT_V + coordinate])
            motion = float(newest.q[_ROOT_Q + coordinate]), float(newest.v[_ROOT_V + coordinate])
            self._outlooks[index].learn(gait.stamp_ns, fraction, torque_nm, motion)

    def see_encoders(
        self, stamp_ns: int, angles_rad: Named[str, float], rates_rad_s: Named[str, float]
    ) -> None:
        """Take in the device's joint angles [rad] and rates [rad/s] by its names."""
        self._encoders.update(stamp_ns, angles_rad, rates_rad_s)

    # Ticks --------------------------------------------------------------------------------------

    def tick(self, now_ns: int, steady_s: float) -> Command:
        """The command at a time of the node's clock [ns] and of a steady clock [s]."""
        elapsed_s = self._period_s if self._last_s is None else max(steady_s - self._last_s, 0.0)
        is_late = self._last_s is not None and elapsed_s > self.mapping.safety.valid_for_s
        self._last_s = steady_s
        moments, horizon_s = self._moments(now_ns)
        problems = self._problems(now_ns, steady_s, elapsed_s, moments)
        if is_late:
            problems.add(Reason.LOOP_LATE)
        self._machine.tick(frozenset(problems), elapsed_s)
        self._move_joints(moments, elapsed_s)
        return self._command(now_ns, horizon_s, frozenset(problems))

    def work(self, now_ns: int) -> None:
        """Compute a portion of the way ahead; to be called between ticks."""
        if self._person is not None:
            self._person.predictor.work(now_ns)

    def _moments(self, now_ns: int) -> tuple[list[Moment], float]:
        """What is known of each joint when its torque will act, and the longest horizon [s]."""
        moments, furthest_s = [], 0.0
        person = self._person
        for index, joint in enumerate(self.mapping.joints):
            time_ns = now_ns + round(joint.delay_s * 1e9)
            if not self._predicts and person is not None:
                time_ns = person.predictor.stamp_ns or now_ns
            predicted = None if person is None else person.predictor.at(index, time_ns)
            if person is None or predicted is None:
                moments.append(Moment(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN))
                continue
            angle, rate = self._motion(index, predicted)
            if self.mapping.encoders.correct_angles:
                angle, rate = self._encoders.at(index, time_ns)
            torque_nm, fraction = self._torque(index, time_ns)
            moments.append(Moment(angle, rate, torque_nm, fraction, person.mass_kg))
            furthest_s = max(furthest_s, predicted.horizon_s)
        return moments, furthest_s

    def _motion(self, index: int, predicted: JointPrediction) -> tuple[float, float]:
        """Angle [rad] and rate [rad/s] of a joint ahead, see `JointOutlook`."""
        person, side = self._person, self.mapping.joints[index].side
        stamp_ns = None if person is None else person.predictor.stamp_ns
        now = None if person is None or stamp_ns is None else person.predictor.at(index, stamp_ns)
        if stamp_ns is None or now is None or predicted.horizon_s == 0.0:
            return predicted.angle_rad, predicted.rate_rad_s
        ahead_ns = stamp_ns + round(predicted.horizon_s * 1e9)
        start, end = (self._phase.fraction(side, time_ns) for time_ns in (stamp_ns, ahead_ns))
        return self._outlooks[index].motion(now, predicted, start, end)

    def _torque(self, index: int, time_ns: int) -> tuple[float, float]:
        """Joint torque [N m] and fraction of the leg's cycle, as the law is to see them at a time.

        The torque is that of the newest estimate; in even walking it goes on as in the last
        strides.
        """
        newest, person, joint = self._newest, self._person, self.mapping.joints[index]
        if newest is None or person is None:
            return UNKNOWN, UNKNOWN
        torque_nm = float(newest.tau[_ROOT_V + person.joints[index]])
        if not self._predicts:
            return torque_nm, self._phase.fraction(joint.side, newest.stamp_ns)
        furthest_ns = newest.stamp_ns + round(self.mapping.safety.max_horizon_s * 1e9)
        ahead_ns = min(time_ns, furthest_ns) + round(joint.estimate_lag_s * 1e9)
        fraction = self._phase.fraction(joint.side, ahead_ns)
        if not joint.law.needs_torque:
            return torque_nm, fraction
        start = self._phase.fraction(joint.side, newest.stamp_ns)
        return torque_nm + self._outlooks[index].torque_change(start, fraction), fraction

    def _problems(
        self, now_ns: int, steady_s: float, elapsed_s: float, moments: list[Moment]
    ) -> set[Reason]:
        person = self._person
        stamp_ns = None if person is None else person.predictor.stamp_ns
        found = self.watch.problems(now_ns, steady_s, elapsed_s, stamp_ns)
        if person is None:
            found.add(Reason.NO_BODY_MODEL)
        if self.mapping.encoders.correct_angles:
            found |= self._encoder_problems(now_ns)
        if self._violation_s > self.mapping.safety.max_violation_s:
            found.add(Reason.LIMITS_VIOLATED)
            self._violation_s = 0.0
        return found

    def _encoder_problems(self, now_ns: int) -> set[Reason]:
        if not self._encoders.is_fresh(now_ns):
            return {Reason.ENCODER_SILENT}
        for index in range(len(self._joints)):
            person = self._person
            seen = None if person is None else person.predictor.at(index, now_ns)
            if seen is not None and self._encoders.disagrees(index, seen.angle_rad):
                return {Reason.ENCODER_DISAGREES}
        return set()

    def _move_joints(self, moments: list[Moment], elapsed_s: float) -> None:
        machine = self._machine
        for joint, moment in zip(self._joints, moments, strict=True):
            if machine.state is State.ACTIVE:
                joint.assist(moment, machine.level, elapsed_s)
            elif machine.state is State.FADING:
                joint.fade(machine.envelope)
            else:
                joint.rest(moment.angle_rad, moment.rate_rad_s)
        if any(joint.is_violating for joint in self._joints):
            self._violation_s += elapsed_s
        else:
            self._violation_s = max(0.0, self._violation_s - _FORGIVENESS * elapsed_s)

    def _command(self, now_ns: int, horizon_s: float, problems: frozenset[Reason]) -> Command:
        stamp_ns = self._person.predictor.stamp_ns if self._person is not None else None
        on_person: tuple[JointSetpoint, ...] = tuple(joint.setpoint for joint in self._joints)
        machine = self._machine
        fade = {State.ACTIVE: machine.level, State.FADING: machine.level * machine.envelope}
        return Command(
            stamp_ns=stamp_ns or 0,
            state=machine.state,
            reasons=self._reasons(problems),
            fade=fade.get(machine.state, 0.0),
            on_person=on_person,
            on_device=tuple(map(to_device, on_person, self.mapping.joints)),
            state_age_s=UNKNOWN if stamp_ns is None else (now_ns - stamp_ns) * _NANOSECONDS,
            horizon_s=horizon_s,
            valid_for_s=self.mapping.safety.valid_for_s,
        )

    def _reasons(self, problems: frozenset[Reason]) -> tuple[str, ...]:
        machine = self._machine
        match machine.state:
            case State.DISABLED:
                return (NOT_ENABLED, *texts(problems))
            case State.ARMING:
                return texts(problems)
            case State.ACTIVE:
                limits = tuple(reason for joint in self._joints for reason in joint.reasons)
                return limits if machine.level == 1.0 else (FADING_IN, *limits)
        return texts(machine.blame) or (STOP_REQUESTED,)
