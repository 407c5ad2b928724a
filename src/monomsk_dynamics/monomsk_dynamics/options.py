"""Settings of every stage, with units, defaults and where a default comes from.

Those of filtering are in `filter_options`. The priors of gait are those of a study on one adult
walking trial (OpenSim Moco's example3DWalking), the contact thresholds were chosen on this trial
and on the walk of OpenSim's Gait2392 subject01: scores there are no forecast for other people.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.consistent_motion_options import ConsistentMotionOptions
from monomsk_dynamics.errors import OptionError
from monomsk_dynamics.filter_options import (
    FilterOptions,
    SmoothingOptions,
    per_group,
    require_positive,
)
from monomsk_dynamics.floor import Floor
from monomsk_dynamics.optimization_options import OptimizationOptions
from monomsk_dynamics.pressure_calibration_options import PressureCalibrationOptions
from monomsk_dynamics.support_options import SupportOptions

Array = NDArray[np.float64]

OfflineSolver = Literal["balance", "optimization"]


@dataclass(frozen=True)
class ContactOptions:
    """Contact of a sole from its motion.

    Walking shifts the thresholds with speed; the floors keep them useful in standing, squatting
    and stepping on the spot.

    Attributes:
        strike_share: A swinging foot lands when its mean horizontal sole speed falls below this
            share of the walking speed.
        leave_share: A standing foot leaves when its toes and its mean sole exceed this share.
        strike_floor_m_s: Smallest landing threshold [m/s].
        leave_floor_m_s: Smallest leaving threshold [m/s].
        clearance_m: A sole whose lowest point is higher above the floor is in the air [m].
        vertical_speed_m_s: So is one that moves faster up or down [m/s].
        minimum_swing_s: A foot that left stays off for this time [s].
        minimum_stance_s: A foot that landed stays on for this time [s].
        carried_load: A body whose motion asks for more than this vertical force, in body weights,
            has at least one sole on the floor,
        carrier_clearance_m: unless both are higher than this above it [m].
        seen_clearance_m: The same before a camera, which tells heights badly [m].
        prior_weight: Weight of a given contact probability's log-odds.
        speed_window_s: Over which the walking speed is averaged [s].
    """

    strike_share: float = 0.58
    leave_share: float = 1.10
    strike_floor_m_s: float = 0.30
    leave_floor_m_s: float = 0.70
    clearance_m: float = 0.10
    vertical_speed_m_s: float = 1.5
    minimum_swing_s: float = 0.15
    minimum_stance_s: float = 0.20
    carried_load: float = 0.4
    carrier_clearance_m: float = 0.10
    seen_clearance_m: float = 0.5
    prior_weight: float = 0.5
    speed_window_s: float = 1.2

    def __post_init__(self) -> None:
        require_positive(self, "prior_weight")

    def before_camera(self) -> "ContactOptions":
        """The same for a motion from a camera."""
        return replace(self, carrier_clearance_m=self.seen_clearance_m)


@dataclass(frozen=True)
class LoadSharingOptions:
    """What is expected of the load under each sole, where mechanics leaves it open.

    Lengths along the foot are in shares of the distance from the calcaneus origin to the toe
    joint. Ratios are horizontal force over vertical force.

    Attributes:
        walking_speed_m_s: Below it a person stands, above twice it a person walks; the priors
            of both blend in between [m/s].
        walking_cop_sigma_m: How far the centre of pressure strays from its path in walking,
            forward and sideways [m].
        standing_cop_share: Where it rests in standing, as a share of the foot's length.
        standing_cop_sigma_m: How far it strays from there, forward and sideways [m].
        free_moment_sigma_n_m: Of the moment about the vertical at full load [N m].
        shear_slope: In walking the forward force points this much to the centre of mass: ratio
            slope * (x_com - x_cop) / z_com. In standing it is expected to be zero.
        shear_midline: In walking the sideways force points to the midline with this ratio.
        single_shear_sigma: Of the two ratios in single support.
        double_shear_sigma: Of the two ratios in double support.
        standing_shear_sigma: Of the two ratios in standing.
        share_sigma: Of the trailing foot's share of the vertical load in double support.
        standing_share_sigma: Of each foot's share in standing.
        share_phase_shift: Lead of the load's transfer over the phase of double support.
        trailing_shear_sigma: Of the trailing foot's forward force in double support's second
            pass, in body weights.
        vertical_shape_sigma: Of the two-humped vertical force in walking, in body weights;
            infinite to leave it out.
        momentum_window_s: In recordings the mean force over about this time is that of the
            observed momentum, whatever the other expectations say [s]: noise of a position makes
            no lasting acceleration.
        momentum_sigma: How closely, in body weights.
        learned_sigma_scale: Factor on the standard deviations of the inverse-dynamics
            transformer's forces.
        learned_live: Whether that network shares the load live, too; it takes longer than all
            the rest of a state.
    """

    walking_speed_m_s: float = 0.2
    walking_cop_sigma_m: tuple[float, float] = (0.02, 0.012)
    standing_cop_share: float = 0.5
    standing_cop_sigma_m: tuple[float, float] = (0.15, 0.02)
    free_moment_sigma_n_m: float = 4.0
    shear_slope: float = 0.78
    shear_midline: float = 0.055
    single_shear_sigma: tuple[float, float] = (0.03, 0.04)
    double_shear_sigma: tuple[float, float] = (0.10, 0.05)
    standing_shear_sigma: tuple[float, float] = (0.10, 0.08)
    share_sigma: float = 0.08
    standing_share_sigma: float = 0.5
    share_phase_shift: float = 0.04
    trailing_shear_sigma: float = 0.025
    vertical_shape_sigma: float = 0.1
    momentum_window_s: float = 0.4
    momentum_sigma: float = 0.01
    learned_sigma_scale: float = 1.0
    learned_live: bool = False

    def __post_init__(self) -> None:
        require_positive(self, "learned_live")


@dataclass(frozen=True)
class SolverOptions:
    """The contact-force quadratic programme.

    Attributes:
        friction: Coefficient of the friction pyramid.
        slack_force_sigma: Of the root residual's force, in body weights.
        slack_moment_sigma_m: Of the root residual's moment, in body weights times metres.
        point_force_sigma: Of one sole point's force, in body weights: spreads the load.
        point_height_scale_m: A point this much higher than the sole's lowest is twice as
            reluctant to bear load [m].
        default_acceleration_sigma: Of the observed acceleration where nothing is known: pelvis
            linear [m/s²], pelvis angular [rad/s²], joints [rad/s²].
    """

    friction: float = 0.8
    slack_force_sigma: float = 0.001
    slack_moment_sigma_m: float = 0.001
    point_force_sigma: float = 5.0
    point_height_scale_m: float = 0.02
    default_acceleration_sigma: tuple[float, float, float] = (0.25, 1.0, 1.0)

    def __post_init__(self) -> None:
        require_positive(self)

    def acceleration_sigmas(self) -> Array:
        """Default standard deviation of each tangent acceleration (37,)."""
        return per_group(*self.default_acceleration_sigma)


@dataclass(frozen=True)
class ConsistencyOptions:
    """The forward simulation that checks the solution.

    Attributes:
        frames: How many frame intervals it spans,
        horizon_s: unless that is longer than this, as at low rates: at least one [s].
        armature_kg_m2: Rotor inertia at every joint, with the torque that accelerates it along
            the solved motion: an exact solution stays exact, and small segments do not diverge.
    """

    frames: int = 4
    horizon_s: float = 0.11
    armature_kg_m2: float = 0.01

    def __post_init__(self) -> None:
        require_positive(self)


@dataclass(frozen=True)
class GroundOptions:
    """What the person walks on.

    Attributes:
        treadmill: Live, the soles are carried by a belt.
        belt_speed_m_s: Of the belt [m/s]; None: estimated from the loaded soles.
        floor: Of a recording; None: found from the soles that rest, as the height of `LEVEL_FLOOR`
            always is. Live the floor is followed.
    """

    treadmill: bool = False
    belt_speed_m_s: float | None = None
    floor: Floor | None = None

    def __post_init__(self) -> None:
        if self.belt_speed_m_s is not None and not self.belt_speed_m_s >= 0.0:
            raise OptionError("belt_speed_m_s", self.belt_speed_m_s, "not negative, or None")


@dataclass(frozen=True)
class DynamicsOptions:
    """Settings of the live and the offline path.

    Of recordings, `offline_solver` says how motion and forces are made to belong together: the
    forces of each frame alone and then the motion ("balance"), or both at once ("optimization").
    """

    filter: FilterOptions = field(default_factory=FilterOptions)
    smoothing: SmoothingOptions = field(default_factory=SmoothingOptions)
    contact: ContactOptions = field(default_factory=ContactOptions)
    load_sharing: LoadSharingOptions = field(default_factory=LoadSharingOptions)
    solver: SolverOptions = field(default_factory=SolverOptions)
    consistency: ConsistencyOptions = field(default_factory=ConsistencyOptions)
    consistent_motion: ConsistentMotionOptions = field(default_factory=ConsistentMotionOptions)
    support: SupportOptions = field(default_factory=SupportOptions)
    ground: GroundOptions = field(default_factory=GroundOptions)
    optimization: OptimizationOptions = field(default_factory=OptimizationOptions)
    pressure_calibration: PressureCalibrationOptions = field(
        default_factory=PressureCalibrationOptions
    )
    offline_solver: OfflineSolver = "balance"
