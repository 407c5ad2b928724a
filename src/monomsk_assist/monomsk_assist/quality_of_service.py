"""Quality of service that the node demands of its input and promises of its commands."""

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy

from monomsk_assist.mapping import Safety
from monomsk_description.watchdog_times import DYNAMICS_DEADLINE_S, DYNAMICS_LEASE_S

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SENSOR = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)

#: Without a sign of life of this node for so long, its subscribers are told [s].
COMMAND_LEASE_S = 0.1


def watched_input(safety: Safety) -> QoSProfile:
    """Of `body_dynamics`: only the newest, from a publisher that keeps a deadline and is alive."""
    # A reader may not demand more than the writer promises.
    deadline_s = max(safety.max_silence_s, DYNAMICS_DEADLINE_S)
    return QoSProfile(
        depth=1,
        deadline=Duration(nanoseconds=round(deadline_s * 1e9)),
        liveliness=LivelinessPolicy.AUTOMATIC,
        liveliness_lease_duration=Duration(nanoseconds=round(DYNAMICS_LEASE_S * 1e9)),
    )


def command(safety: Safety) -> QoSProfile:
    """Of `assist/command`: only the newest; late or dead commands are noticed by DDS too."""
    return QoSProfile(
        depth=1,
        deadline=Duration(nanoseconds=round(safety.valid_for_s * 1e9)),
        liveliness=LivelinessPolicy.AUTOMATIC,
        liveliness_lease_duration=Duration(nanoseconds=round(COMMAND_LEASE_S * 1e9)),
    )
