"""What the state of the stream means for somebody who watches the diagnostics."""

from monomsk_description.status_level import Level
from monomsk_dynamics.state_monitor import StateSummary

#: Results older than this are late for a controller [s].
LATE_S = 0.15
#: Older than this they carry the stamps of another clock, as a bag without simulated time [s].
_OTHER_CLOCK_S = 60.0
#: A median root residual above this share of the body weight: nothing explains the motion.
RESIDUAL_SHARE = 0.05
#: A forward simulation that ends further from the motion [rad]: torques do not belong to it.
INCONSISTENT_RAD = 0.35


def judge(
    summary: StateSummary, weight_n: float | None, trouble: str, stopped: str = ""
) -> tuple[Level, str]:
    """Level and sentence of the last second.

    Args:
        summary: Of the stream.
        weight_n: Of the person [N]; None without a body model.
        trouble: The last refusal or failure, empty without one.
        stopped: Why the node computes nothing at all, empty if it does.
    """
    if trouble:
        return Level.ERROR, trouble
    if stopped:
        return Level.OK, stopped
    if weight_n is None:
        return Level.STALE, "no body_model"
    if summary.rate_hz == 0.0:
        return Level.STALE, "no states"
    if LATE_S < summary.age_s < _OTHER_CLOCK_S:
        return Level.WARN, f"results are {summary.age_s:.2f} s old"
    if summary.root_force_n > RESIDUAL_SHARE * weight_n:
        return Level.WARN, f"{summary.root_force_n:.0f} N that nothing explains"
    if summary.consistency_rad > INCONSISTENT_RAD:
        return Level.WARN, f"forces and motion disagree: {summary.consistency_rad:.2f} rad"
    return Level.OK, "computing"
