"""Fits an anatomy to a person: lengths from the height or measured, masses from the body mass."""

from dataclasses import replace

import numpy as np

from monomsk_description.anatomy import (
    Anatomy,
    Joint,
    LengthRule,
    Placement,
    Segment,
    Site,
    TransformAxis,
)
from monomsk_description.errors import ImplausibleSubjectError, UnknownNameError
from monomsk_description.frames import Array
from monomsk_description.subject import Subject

#: A measured segment may differ by this factor from what the height suggests.
PROPORTION_RANGE = (0.7, 1.4)


def scale(anatomy: Anatomy, subject: Subject) -> Anatomy:
    """The anatomy with the subject's size and mass.

    Places scale along their segment's axes, the translations of a joint with its parent, as
    OpenSim's scale tool does; masses keep their proportions, inertias follow both.

    Raises:
        ImplausibleSubjectError: A measured length is far from what the height suggests.
        UnknownNameError: A measured length that this anatomy does not have.
    """
    factors = scale_factors(anatomy, subject)
    mass_ratio = subject.mass_kg / anatomy.mass_kg
    return replace(
        anatomy,
        height_m=subject.height_m,
        segments={
            name: _scale_segment(segment, factors[name], mass_ratio)
            for name, segment in anatomy.segments.items()
        },
        joints=tuple(scale_joint(joint, factors) for joint in anatomy.joints),
        sole_points=tuple(_scale_site(site, factors) for site in anatomy.sole_points),
        sole_frames=tuple(_scale_site(site, factors) for site in anatomy.sole_frames),
        markers=tuple(_scale_site(site, factors) for site in anatomy.markers),
        length_rules={n: _scale_rule(r, factors) for n, r in anatomy.length_rules.items()},
        scale_factors={
            name: anatomy.scale_factors.get(name, np.ones(3)) * f for name, f in factors.items()
        },
    )


def scale_factors(anatomy: Anatomy, subject: Subject) -> dict[str, Array]:
    """Factors along x, y, z of every segment (OpenSim axes), each (3,), from this anatomy on."""
    by_height = subject.height_m / anatomy.height_m
    factors = {name: np.full(3, by_height) for name in anatomy.segments}
    for name, length_m in subject.segment_lengths_m.items():
        if name not in anatomy.length_rules:
            raise UnknownNameError("segment length", name, tuple(anatomy.length_rules))
        rule = anatomy.length_rules[name]
        expected_m = rule.model_length_m * by_height
        bounds = (PROPORTION_RANGE[0] * expected_m, PROPORTION_RANGE[1] * expected_m)
        if not bounds[0] <= length_m <= bounds[1]:
            raise ImplausibleSubjectError(f"segment length {name}", length_m, bounds)
        for segment in rule.segments:
            factors[segment][rule.axis] = length_m / rule.model_length_m
    return factors


def _scale_segment(segment: Segment, factors: Array, mass_ratio: float) -> Segment:
    # Second moments of mass along the axes stretch with the square of their factor.
    second_moments = 0.5 * np.trace(segment.inertia_kg_m2) * np.eye(3) - segment.inertia_kg_m2
    stretched = second_moments * np.outer(factors, factors) * mass_ratio
    inertia = np.trace(stretched) * np.eye(3) - stretched
    return Segment(
        segment.name, segment.mass_kg * mass_ratio, segment.center_of_mass_m * factors, inertia
    )


def scale_joint(joint: Joint, factors: dict[str, Array]) -> Joint:
    """The joint between segments that are scaled by factors (3,) of their names."""
    parent, child = factors[joint.parent], factors[joint.child]
    return replace(
        joint,
        in_parent=Placement(joint.in_parent.rotation, joint.in_parent.translation * parent),
        in_child=Placement(joint.in_child.rotation, joint.in_child.translation * child),
        axes=tuple(_scale_axis(axis, joint.in_parent.rotation, parent) for axis in joint.axes),
    )


def _scale_axis(axis: TransformAxis, rotation: Array, factors: Array) -> TransformAxis:
    if axis.kind == "rotation" or axis.curve is None:
        return axis
    # The stretch of the parent along the translation's direction.
    direction = rotation @ axis.axis
    return replace(axis, curve=axis.curve.scaled(float(direction @ (factors * direction))))


def _scale_rule(rule: LengthRule, factors: dict[str, Array]) -> LengthRule:
    factor = float(factors[rule.segments[0]][rule.axis])
    return replace(rule, model_length_m=rule.model_length_m * factor)


def _scale_site(site: Site, factors: dict[str, Array]) -> Site:
    return replace(site, location_m=site.location_m * factors[site.segment])
