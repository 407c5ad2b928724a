"""Reads a (scaled) OpenSim model as an anatomy.

Understands the families of Rajagopal 2016, Lai and Uhlrich 2023 and Gait2392, in the formats of
OpenSim 3 and 4. What differs from the file:

- The pelvis floats freely, whatever coordinates the file gives its joint with the ground.
- Patellae are lumped into the femurs as they lie at straight knees; their coordinates are gone.
- Axes that never move are folded into the joints' frames.
- Locked coordinates are free; whoever wants them still gives them no rate.
- BallJoint and FreeJoint turn by angles about x, y, z; OpenSim's speeds are not their rates.
- Soles, landmarks and measurable lengths come from the shipped anatomy, stretched to the model.

A welded segment stays addressable; the skeleton then has fewer coordinates than the full body's 37.
`complete` (in completion.py) gives welds their joints back. Muscles: personal_muscles.py.
"""

from pathlib import Path

from monomsk_description.anatomy import Anatomy, Placement, Segment, Site
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.assembly import ROOT_SEGMENT
from monomsk_description.errors import UnsupportedModelError
from monomsk_description.frames import Array
from monomsk_description.lumping import lump
from monomsk_description.osim_document import GROUND, OsimDocument, OsimJoint, read_document
from monomsk_description.osim_joints import depth_first, place_at, to_joint
from monomsk_description.osim_proportions import (
    lengths,
    scale_factors,
    stature_m,
    stretch_of_joints,
)

_PATELLA = "patella"


def from_osim(path: Path) -> Anatomy:
    """The anatomy in an OpenSim model.

    Its `height_m` is estimated from the lengths of thighs, shanks and trunk (NaN without any).

    Raises:
        AnatomyFileError: The file cannot be read or is malformed.
        UnsupportedModelError: The model has a part that cannot be represented, or lacks a foot.
    """
    document = read_document(path)
    reference = load_anatomy()
    _check_root(document)
    _check_feet(document, reference)
    order = tuple(joint.child for joint in reference.joints)
    every = depth_first(document, ROOT_SEGMENT, order)
    riders = [joint for joint in every if joint.child.startswith(_PATELLA)]
    _check_couplers(document, riders)
    bodies, markers = _lump_riders(document, riders)
    moving = [joint for joint in every if joint not in riders]
    joints = tuple(to_joint(joint, document.source) for joint in moving)
    factors = scale_factors(joints, reference, document.drawn_sizes)
    rules = lengths(reference, stretch_of_joints(joints, reference))
    return Anatomy(
        name=document.name,
        height_m=stature_m(rules, reference),
        segments={n: bodies[n] for n in (ROOT_SEGMENT, *(joint.child for joint in joints))},
        joints=joints,
        coordinate_ranges_rad={n: r for joint in moving for n, r in joint.ranges.items()},
        sole_points=_stretch(reference.sole_points, factors),
        sole_frames=_stretch(reference.sole_frames, factors),
        length_rules=rules,
        scale_factors=factors,
        markers=markers,
    )


def _check_root(document: OsimDocument) -> None:
    roots = [joint for joint in document.joints if joint.parent == GROUND]
    if [joint.child for joint in roots] != [ROOT_SEGMENT]:
        names = ", ".join(joint.child for joint in roots) or "nothing"
        raise UnsupportedModelError(
            document.source, f"root {names}", f"one joint must join the ground and {ROOT_SEGMENT}"
        )
    if len(roots[0].ranges) != 6:
        raise UnsupportedModelError(
            document.source, f"joint {roots[0].name!r}", "the pelvis must move freely"
        )


def _check_couplers(document: OsimDocument, riders: list[OsimJoint]) -> None:
    lumped = {name for joint in riders for name in joint.ranges}
    for name in document.couplers:
        if name not in lumped:
            raise UnsupportedModelError(
                document.source, f"coupled coordinate {name!r}", "only patellae may be coupled"
            )


def _check_feet(document: OsimDocument, reference: Anatomy) -> None:
    for site in (*reference.sole_points, *reference.sole_frames):
        if site.segment not in document.bodies:
            raise UnsupportedModelError(
                document.source, f"a body without {site.segment!r}", "soles need whole feet"
            )


def _lump_riders(
    document: OsimDocument, riders: list[OsimJoint]
) -> tuple[dict[str, Segment], tuple[Site, ...]]:
    """Bodies and markers with every rider fixed where it lies at zero coordinates."""
    bodies, places = dict(document.bodies), {}
    for joint in riders:
        if joint.parent.startswith(_PATELLA) or any(
            other.parent == joint.child for other in document.joints
        ):
            raise UnsupportedModelError(document.source, f"body {joint.child!r}", "it carries more")
        zero = {
            name: document.couplers[name][1].at(0.0).value if name in document.couplers else 0.0
            for name in joint.ranges
        }
        places[joint.child] = (joint.parent, place_at(joint, zero))
        bodies[joint.parent] = lump(
            bodies[joint.parent], bodies.pop(joint.child), places[joint.child][1]
        )
    # A marker on the ground is nobody's.
    markers = [_carried(site, places) for site in document.markers if site.segment != GROUND]
    for site in markers:
        if site.segment not in bodies:
            raise UnsupportedModelError(
                document.source, f"marker {site.name!r}", f"there is no body {site.segment!r}"
            )
    return bodies, tuple(markers)


def _carried(site: Site, places: dict[str, tuple[str, Placement]]) -> Site:
    if site.segment not in places:
        return site
    carrier, place = places[site.segment]
    return Site(site.name, carrier, place.act(site.location_m))


def _stretch(sites: tuple[Site, ...], factors: dict[str, Array]) -> tuple[Site, ...]:
    return tuple(Site(s.name, s.segment, s.location_m * factors[s.segment]) for s in sites)
