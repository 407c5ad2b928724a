"""Gives an anatomy with welded joints the full body's coordinates back."""

from dataclasses import replace

import numpy as np

from monomsk_description.anatomy import Anatomy, Joint, Placement
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.frames import Array
from monomsk_description.scaling import scale_joint

#: What a coordinate that used to be a weld may do.
_LOCKED = (0.0, 0.0)


def complete(anatomy: Anatomy, reference: Anatomy | None = None) -> Anatomy:
    """The anatomy with the reference's axes in its welded joints, Rajagopal 2016's by default.

    At zero, nothing moves; the new coordinates' ranges are zero to zero, as the weld was. So a
    scaled model whose subtalar joint or wrist somebody welded fits everything that works on 37
    degrees of freedom. A joint whose segments the reference does not join stays a weld; segments
    that are missing stay missing.
    """
    known = reference or load_anatomy()
    models = {(joint.parent, joint.child): joint for joint in known.joints}
    joints = tuple(
        _with_axes(joint, models[joint.parent, joint.child], anatomy.scale_factors)
        if not joint.axes and (joint.parent, joint.child) in models
        else joint
        for joint in anatomy.joints
    )
    added = {axis.coordinate for joint in joints for axis in joint.axes}
    ranges = anatomy.coordinate_ranges_rad
    locked = dict.fromkeys(sorted(added - set(ranges)), _LOCKED)
    return replace(anatomy, joints=joints, coordinate_ranges_rad={**ranges, **locked})


def _with_axes(weld: Joint, model: Joint, factors: dict[str, Array]) -> Joint:
    """The weld's place and the model's axes, about the model's centre in the child."""
    known = {name: factors.get(name, np.ones(3)) for name in (weld.parent, weld.child)}
    moved = replace(scale_joint(model, known), name=weld.name)
    # at_zero = in_parent * rest; in_parent is what keeps at_zero the weld's.
    rest = replace(moved, in_parent=Placement(np.eye(3), np.zeros(3))).at_zero()
    return replace(moved, in_parent=weld.at_zero().compose(rest.inverse()))
