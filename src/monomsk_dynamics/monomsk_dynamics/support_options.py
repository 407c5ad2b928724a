"""Settings of the recognition of supports other than the floor, with units and defaults."""

import math
from dataclasses import dataclass, replace

from monomsk_dynamics.filter_options import require_positive


@dataclass(frozen=True)
class SupportOptions:
    """When a seat, a rail or a second floor is assumed to bear load, and what is expected of it.

    Attributes:
        margin_m: The soles cannot explain a motion that balances this far outside of them [m].
        seated_speed_m_s: Nobody who walks faster sits or leans: noise of a walking person must not
            look like a seat [m/s].
        seated_hips_m: Nobody whose hip centres are this high above the floor sits, and who does
            not sit has no other support [m]; infinite: hips tell nothing, hands may bear too.
        seated_hips_share: For a motion that is known badly, as a share of their height in standing.
        onset_s: For so long, until another support is assumed [s].
        carried_load: A motion that asks for less vertical force than this, in body weights, flies
            or lands: nobody carries it.
        released_load: A support that bears less than this, in body weights, is left.
        rise_m: A seat is left when the hips rise by this much above it [m].
        same_seat_m: Whose hips come back this near to where a seat bore, in a recording, sits on it
            again [m].
        seat_below_hips_m: The middle of the seat's pressure below the hip centres [m].
        cop_sigma_m: Beside a support: how far the soles' centre of pressure strays from its usual
            place, forward and sideways [m].
        force_sigma: Of a support's force around its estimate, horizontal and vertical, in body
            weights.
        place_sigma_m: Of where it bears, so of the moment per body weight: a seat, a hand [m],
        unknown_place_sigma_m: and the same where nothing tells what bears [m].
    """

    margin_m: float = 0.06
    seated_speed_m_s: float = 0.3
    seated_hips_m: float = math.inf
    seated_hips_share: float = 0.8
    onset_s: float = 0.3
    carried_load: float = 0.4
    released_load: float = 0.04
    rise_m: float = 0.12
    same_seat_m: float = 0.1
    seat_below_hips_m: float = 0.09
    cop_sigma_m: tuple[float, float] = (0.05, 0.02)
    force_sigma: tuple[float, float] = (0.05, 0.15)
    place_sigma_m: float = 0.05
    unknown_place_sigma_m: float = 0.4

    def __post_init__(self) -> None:
        require_positive(self)

    def for_noise(
        self, angle_sigma_rad: float, hip_height_m: float, standing_m: float
    ) -> "SupportOptions":
        """The same for a motion whose legs are known to a standard deviation [rad].

        The body balances over its feet through the legs: an angle's error moves the place of
        balance by about that angle times the height of the hips [m]. A margin of one standard
        deviation on top keeps most noise from looking like a seat. Errors last, so that only the
        hips tell somebody who sits from somebody who seems to lean: lower than in standing [m].
        """
        if not math.isfinite(angle_sigma_rad):
            return self
        return replace(
            self,
            margin_m=self.margin_m + angle_sigma_rad * max(hip_height_m, 0.0),
            seated_hips_m=self.seated_hips_share * standing_m,
        )
