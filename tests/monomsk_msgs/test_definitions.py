"""The message definitions: documented, buildable, and the same for rosbags as for ROS."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/monomsk_msgs"
MESSAGES = sorted(PACKAGE.glob("msg/*.msg"))
DEFINITIONS = MESSAGES + sorted(PACKAGE.glob("srv/*.srv"))
BUILT = ROOT / "install/monomsk_msgs/share/monomsk_msgs/msg"
NUMBERS = re.compile(r"^(float64|geometry_msgs/(?!Pose\b)\w+)")


def fields(path: Path) -> Iterator[tuple[str, str, str]]:
    """Type, name and the comment block above of every field; a block covers the fields under it."""
    comment: list[str] = []
    fresh = True
    for line in path.read_text().splitlines():
        text = line.strip()
        if text.startswith("#"):
            comment = comment if fresh else []
            comment.append(text)
            fresh = True
        elif not text or text == "---":
            comment, fresh = [], True
        elif "=" not in text:
            fresh = False
            kind, name = text.split()[:2]
            yield kind, name, "\n".join(comment)


@pytest.fixture(scope="module")
def store() -> Any:
    typestore = get_typestore(Stores.ROS2_JAZZY)
    types: dict[str, Any] = {}
    for path in MESSAGES:
        types |= get_types_from_msg(path.read_text(), f"monomsk_msgs/msg/{path.stem}")
    typestore.register(types)
    return typestore


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_every_field_is_documented(path: Path) -> None:
    rows = list(fields(path))
    assert rows
    for kind, name, comment in rows:
        assert comment, f"{name} has no comment"
        if NUMBERS.match(kind):
            has_unit = re.search(r"\[[^\]]+\]|0( \(.*\))? to 1|Fraction", comment)
            assert has_unit or kind.startswith("geometry_msgs"), f"{name}: no unit"


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.name)
def test_stamped_messages_begin_with_their_header_and_say_its_frame(path: Path) -> None:
    if path.stem == "SoleContact":  # part of another message
        return
    kind, name, comment = next(fields(path))
    assert (kind, name) == ("std_msgs/Header", "header")
    assert "stamp:" in comment
    assert "frame_id:" in comment


def test_the_build_knows_every_definition() -> None:
    listed = set(
        re.findall(r'"((?:msg|srv)/\w+\.(?:msg|srv))"', (PACKAGE / "CMakeLists.txt").read_text())
    )
    assert listed == {str(path.relative_to(PACKAGE)) for path in DEFINITIONS}


def test_constants_of_an_enumeration_differ() -> None:
    for path in MESSAGES:
        rows = re.findall(r"^uint8 ([A-Z]+)_(\w+)=(\d+)", path.read_text(), re.MULTILINE)
        values = [(prefix, value) for prefix, _, value in rows]
        assert len(set(values)) == len(values), path.name


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.name)
def test_rosbags_and_ros_agree_on_the_type(path: Path, store: Any) -> None:
    built = BUILT / f"{path.stem}.json"
    if not built.exists():
        pytest.skip("monomsk_msgs is not built: run make setup")
    if (BUILT / path.name).read_text() != path.read_text():
        pytest.skip("monomsk_msgs was built from an older definition: run make setup")
    name = f"monomsk_msgs/msg/{path.stem}"
    hashes = {
        row["type_name"]: row["hash_string"] for row in json.loads(built.read_text())["type_hashes"]
    }
    assert store.hash_rihs01(name) == hashes[name]


def test_a_contact_survives_serialisation_with_its_unknowns(store: Any) -> None:
    types = store.types
    vector = types["geometry_msgs/msg/Vector3"]
    contact = types["monomsk_msgs/msg/SoleContact"](
        in_contact=False,
        probability=0.25,
        force=vector(0.0, 0.0, 0.0),
        force_sigma=vector(math.nan, math.nan, math.nan),
        center_of_pressure=types["geometry_msgs/msg/Point"](math.nan, math.nan, math.nan),
        free_moment=0.0,
    )
    data = store.serialize_cdr(contact, "monomsk_msgs/msg/SoleContact")
    again = store.deserialize_cdr(data, "monomsk_msgs/msg/SoleContact")
    assert again.probability == 0.25
    assert not again.in_contact
    assert np.isnan([again.center_of_pressure.x, again.force_sigma.z]).all()
