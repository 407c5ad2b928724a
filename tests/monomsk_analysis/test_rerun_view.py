"""Rerun is an option: without it there is one clear line, with it a recording becomes an .rrd."""

import importlib.util
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.cli import app
from monomsk_analysis.errors import InputError
from monomsk_analysis.marker_fields import marker_array
from monomsk_analysis.message_types import build_message, load_typestore
from monomsk_analysis.rerun_view import RerunMissingError, show
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.markers import shapes
from monomsk_dynamics.message_fields import body_dynamics

HAS_RERUN = importlib.util.find_spec("rerun") is not None


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Three results of somebody who stands, with markers, as `monomsk analyze` writes them."""
    skeleton = build_skeleton(Subject(1.75, 70.0))
    live, store = LiveDynamics(skeleton), load_typestore()
    folder = tmp_path_factory.mktemp("rerun") / "bag"
    types = {
        "/body_dynamics": "monomsk_msgs/msg/BodyDynamics",
        "/markers": "visualization_msgs/msg/MarkerArray",
    }
    with BagWriter(folder, reserve_bytes=0, typestore=store) as bag:
        for topic, kind in types.items():
            bag.add_topic(BagTopic(topic, kind))
        for k in range(3):
            stamp_ns = 10**9 + k * 33_000_000
            result = live.update(BodyState(stamp_ns, skeleton.neutral(), np.zeros(37)))
            fields = {
                "/body_dynamics": body_dynamics(result, skeleton, "world"),
                "/markers": marker_array(shapes(result, skeleton), stamp_ns, "world"),
            }
            for topic, kind in types.items():
                message = build_message(store, kind, fields[topic])
                bag.write(topic, stamp_ns, bytes(store.serialize_cdr(message, kind)))
    return folder


def test_without_rerun_one_line_says_how_to_get_it(recording, monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(RerunMissingError, match="pip install rerun-sdk"):
        show(recording)
    done = CliRunner().invoke(app, ["view", str(recording)])
    assert done.exit_code == 2 and "Traceback" not in done.output


@pytest.mark.skipif(not HAS_RERUN, reason="rerun-sdk is not installed: it is an option")
def test_a_recording_becomes_an_rrd(recording, tmp_path):
    out = tmp_path / "result.rrd"
    assert show(recording, out) == 3
    assert out.read_bytes()[:3] == b"RRF"
    with pytest.raises(InputError):
        show(tmp_path / "nothing", out)
