"""`ground_reaction.xml`: tells OpenSim's tools how to apply the columns of `ground_reaction.mot`.

One force a foot, on its calcaneus, and that of other supports, if there are any, on the pelvis. So
OpenSim finds no moment in the toe joints, which part of the load passes through in the project's
own `inverse_dynamics.sto`.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from monomsk_analysis.exports import SUPPORT, ground_reaction_labels

_VERSION = "40000"
_LOADS = {
    "r": ("ground_on_right_foot", "calcn_r"),
    "l": ("ground_on_left_foot", "calcn_l"),
    SUPPORT: ("support_on_pelvis", "pelvis"),
}


def write_external_loads(path: Path, data_file: str, *, supported: bool = False) -> None:
    """Write the description of a ground reaction file beside it.

    Args:
        path: the XML file.
        data_file: name of the ground reaction file, in the same folder.
        supported: whether it holds the load of other supports than the soles.
    """
    document = Element("OpenSimDocument", Version=_VERSION)
    loads = SubElement(document, "ExternalLoads", name="ground_reaction")
    forces = SubElement(loads, "objects")
    for suffix, (name, body) in _LOADS.items():
        if suffix == SUPPORT and not supported:
            continue
        force, point, torque = (ground_reaction_labels(suffix)[k][:-1] for k in (0, 3, 6))
        entries = {
            "applied_to_body": body,
            "force_expressed_in_body": "ground",
            "point_expressed_in_body": "ground",
            "force_identifier": force,
            "point_identifier": point,
            "torque_identifier": torque,
        }
        element = SubElement(forces, "ExternalForce", name=name)
        for tag, text in entries.items():
            SubElement(element, tag).text = text
    SubElement(loads, "datafile").text = data_file
    ElementTree.indent(document)
    text = ElementTree.tostring(document, encoding="unicode", xml_declaration=True)
    path.write_text(text, encoding="utf-8")
