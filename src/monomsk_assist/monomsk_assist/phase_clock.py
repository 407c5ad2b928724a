"""The gait phase between two messages: it goes on at the cadence."""

import math

from monomsk_assist.estimate import UNKNOWN, GaitEstimate, is_overtaken

_NANOSECONDS = 1e-9
#: Predictions stand on the image before until those of the newest are computed [s].
_LONGEST_BACK_S = 0.1
_STEPS_PER_STRIDE = 2.0


class PhaseClock:
    """Where each leg is in its cycle at any time shortly after the last message.

    Args:
        max_horizon_s: Beyond the message's stamp, the phase is unknown [s].
        max_sigma: A phase less certain than this is unknown, in cycles.
    """

    def __init__(self, max_horizon_s: float, max_sigma: float) -> None:
        self._max_horizon_s = max_horizon_s
        self._max_sigma = max_sigma
        self._gait: GaitEstimate | None = None

    def reset(self) -> None:
        """Forget the past."""
        self._gait = None

    def update(self, gait: GaitEstimate) -> None:
        """Take in a message; one that the last has overtaken is ignored."""
        if self._gait is None or not is_overtaken(gait.stamp_ns, self._gait.stamp_ns):
            self._gait = gait

    def fraction(self, side: int | None, time_ns: int) -> float:
        """Fraction of a leg's cycle at a time [ns], in [0, 1); NaN unknown.

        Args:
            side: 0 right, 1 left; None: no leg, so unknown.
            time_ns: Stamp of that time.
        """
        if self._gait is None or side is None:
            return UNKNOWN
        leg = self._gait.legs[side]
        ahead_s = (time_ns - self._gait.stamp_ns) * _NANOSECONDS
        if (
            not leg.sigma <= self._max_sigma
            or not -_LONGEST_BACK_S <= ahead_s <= self._max_horizon_s
        ):
            return UNKNOWN
        fraction = leg.fraction + ahead_s * self._gait.step_rate_hz / _STEPS_PER_STRIDE
        return fraction % 1.0 if math.isfinite(fraction) else UNKNOWN
