"""The Fast DDS profile: what brings a restarted node back within a second."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

PROFILE = Path(__file__).resolve().parents[2] / "config" / "fastdds.xml"
SPACE = {"dds": "http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"}


def seconds(place):
    """A duration of the profile [s]."""
    found = ElementTree.parse(PROFILE).find(
        "/".join(f"dds:{tag}" for tag in place.split("/")), SPACE
    )
    assert found is not None, place
    whole, rest = (found.findtext(f"dds:{unit}", "0", SPACE) for unit in ("sec", "nanosec"))
    return int(whole) + 1e-9 * int(rest)


DISCOVERY = "profiles/participant/rtps/builtin/discovery_config"


def test_a_participant_whose_answer_was_lost_speaks_again_soon():
    assert seconds(f"{DISCOVERY}/leaseAnnouncement") <= 0.5


def test_busy_participants_are_given_time():
    assert seconds(f"{DISCOVERY}/leaseDuration") >= 40 * seconds(f"{DISCOVERY}/leaseAnnouncement")


def test_latched_messages_are_asked_for_soon():
    assert seconds("profiles/data_writer/times/heartbeatPeriod") <= 0.5


def test_the_port_of_a_killed_node_is_found_dead_soon():
    text = ElementTree.parse(PROFILE).findtext(".//dds:healthy_check_timeout_ms", None, SPACE)
    assert text is not None and int(text) <= 250


@pytest.mark.parametrize("kind", ["participant", "data_writer"])
def test_the_profiles_apply_without_being_named(kind):
    found = ElementTree.parse(PROFILE).find(f"dds:profiles/dds:{kind}", SPACE)
    assert found is not None and found.get("is_default_profile") == "true"
