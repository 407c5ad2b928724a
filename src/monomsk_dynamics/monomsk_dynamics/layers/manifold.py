"""The manifold of configurations in torch: unit quaternions, steps and differences on SE(3).

A configuration q (..., 38) holds the pelvis quaternion as four numbers, a tangent vector has three
for it. Every function of these layers treats a quaternion k as the rotation of k/|k|. So it is
defined for every k but zero, its gradient over the 38 numbers is an ordinary one (finite
differences of them agree), the gradient is orthogonal to k, and a step along it, followed by
`normalized` or not, stays meaningful. The gradient over tangent vectors (..., 37) is the one over
`integrate(q, tangent)` at tangent = 0. A network that predicts a pose uses `configuration` (a
rotation as six numbers) or `integrate` from a reference.
"""

import torch
from torch import Tensor

from monomsk_description.coupling import ROOT_NQ, ROOT_NV

#: Below this squared angle [rad²] series replace quotients; exact to rounding on both sides.
_SMALL = 0.04
#: Below this squared sine of half an angle, likewise for the logarithm.
_SMALL_SINE = 1e-3


def cross(left: Tensor, right: Tensor) -> Tensor:
    """Cross product of vectors (..., 3)."""
    return torch.linalg.cross(*torch.broadcast_tensors(left, right))


def turn(rotation: Tensor, vector: Tensor) -> Tensor:
    """Vectors (..., 3) turned by matrices (..., 3, 3)."""
    # Column by column: several times quicker on a CPU than a product and a sum over three.
    x, y, z = vector[..., 0:1], vector[..., 1:2], vector[..., 2:3]
    return rotation[..., 0] * x + rotation[..., 1] * y + rotation[..., 2] * z


def turn_back(rotation: Tensor, vector: Tensor) -> Tensor:
    """Vectors (..., 3) turned by the inverse of matrices (..., 3, 3)."""
    x, y, z = vector[..., 0:1], vector[..., 1:2], vector[..., 2:3]
    return rotation[..., 0, :] * x + rotation[..., 1, :] * y + rotation[..., 2, :] * z


def normalized(q: Tensor) -> Tensor:
    """The configuration (..., 38) with a unit quaternion."""
    unit = torch.nn.functional.normalize(q[..., 3:ROOT_NQ], dim=-1)
    return torch.cat([q[..., :3], unit, q[..., ROOT_NQ:]], dim=-1)


def quaternion_matrix(quaternion: Tensor) -> Tensor:
    """Rotation matrix (..., 3, 3) of a quaternion (..., 4), x y z w, of any length."""
    scale = 2.0 / (quaternion * quaternion).sum(-1)
    x, y, z, w = quaternion.unbind(-1)
    rows = (
        1.0 - scale * (y * y + z * z), scale * (x * y - z * w), scale * (x * z + y * w),
        scale * (x * y + z * w), 1.0 - scale * (x * x + z * z), scale * (y * z - x * w),
        scale * (x * z - y * w), scale * (y * z + x * w), 1.0 - scale * (x * x + y * y),
    )  # fmt: skip
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def multiply(left: Tensor, right: Tensor) -> Tensor:
    """Hamilton product of quaternions (..., 4), x y z w."""
    a, b = left[..., :3], right[..., :3]
    c, d = left[..., 3:], right[..., 3:]
    vector = c * b + d * a + cross(a, b)
    return torch.cat([vector, c * d - (a * b).sum(-1, keepdim=True)], dim=-1)


def conjugate(quaternion: Tensor) -> Tensor:
    """The inverse of a unit quaternion (..., 4)."""
    return torch.cat([-quaternion[..., :3], quaternion[..., 3:]], dim=-1)


def quaternion_gradient(quaternion: Tensor, rotation_gradient: Tensor) -> Tensor:
    """The gradient (..., 4) over a quaternion from the one (..., 3) over body rotation vectors.

    A change dk of k turns by 2 Im(k* dk)/|k|² in the body frame; this is the transpose of that.
    """
    pure = torch.cat([rotation_gradient, torch.zeros_like(rotation_gradient[..., :1])], dim=-1)
    norm = (quaternion * quaternion).sum(-1, keepdim=True)
    return 2.0 * multiply(quaternion, pure) / norm


def configuration_gradient(q: Tensor, tangent_gradient: Tensor) -> Tensor:
    """The gradient over q (..., 7 + n) from the one over tangent vectors (..., 6 + n)."""
    quaternion = q[..., 3:ROOT_NQ]
    position = turn(quaternion_matrix(quaternion), tangent_gradient[..., :3])
    rotation = quaternion_gradient(quaternion, tangent_gradient[..., 3:ROOT_NV])
    return torch.cat([position, rotation, tangent_gradient[..., ROOT_NV:]], dim=-1)


def integrate(q: Tensor, tangent: Tensor) -> Tensor:
    """The configuration (..., 38) reached from q along tangent vectors (..., 37)."""
    linear, angular = tangent[..., :3], tangent[..., 3:ROOT_NV]
    squared = (angular * angular).sum(-1, keepdim=True)
    # exp6: translation = linear + B angular x linear + C angular x (angular x linear).
    along = cross(angular, linear)
    step = linear + _versine(squared) * along + _lag(squared) * cross(angular, along)
    quarter = 0.25 * squared
    turned = torch.cat([0.5 * _sinc(quarter) * angular, _cosine(quarter)], dim=-1)
    quaternion = torch.nn.functional.normalize(q[..., 3:ROOT_NQ], dim=-1)
    position = q[..., :3] + turn(quaternion_matrix(quaternion), step)
    pelvis = torch.cat([position, multiply(quaternion, turned)], dim=-1)
    return torch.cat([pelvis, q[..., ROOT_NQ:] + tangent[..., ROOT_NV:]], dim=-1)


def difference(q_from: Tensor, q_to: Tensor) -> Tensor:
    """The tangent vectors (..., 37) that lead from one configuration to another."""
    before = torch.nn.functional.normalize(q_from[..., 3:ROOT_NQ], dim=-1)
    after = torch.nn.functional.normalize(q_to[..., 3:ROOT_NQ], dim=-1)
    angular = _rotation_vector(multiply(conjugate(before), after))
    moved = turn_back(quaternion_matrix(before), q_to[..., :3] - q_from[..., :3])
    along = cross(angular, moved)
    squared = (angular * angular).sum(-1, keepdim=True)
    linear = moved - 0.5 * along + _inverse_lag(squared) * cross(angular, along)
    return torch.cat([linear, angular, q_to[..., ROOT_NQ:] - q_from[..., ROOT_NQ:]], dim=-1)


def configuration(position: Tensor, columns: Tensor, coordinates: Tensor) -> Tensor:
    """A configuration (..., 38) from what a network can predict without jumps.

    Args:
        position: Of the pelvis (..., 3), world [m].
        columns: Two directions (..., 6), made orthogonal: the pelvis' x and y axes in the world
            (Zhou et al. 2019, On the Continuity of Rotation Representations).
        coordinates: (..., 31) [rad].
    """
    x = torch.nn.functional.normalize(columns[..., :3], dim=-1)
    raw = columns[..., 3:]
    y = torch.nn.functional.normalize(raw - (x * raw).sum(-1, keepdim=True) * x, dim=-1)
    matrix = torch.stack([x, y, cross(x, y)], dim=-1)
    return torch.cat([position, matrix_quaternion(matrix), coordinates], dim=-1)


def matrix_quaternion(matrix: Tensor) -> Tensor:
    """Unit quaternion (..., 4), x y z w, of rotation matrices (..., 3, 3)."""
    m00, m11, m22 = matrix[..., 0, 0], matrix[..., 1, 1], matrix[..., 2, 2]
    m01, m02, m12 = matrix[..., 0, 1], matrix[..., 0, 2], matrix[..., 1, 2]
    m10, m20, m21 = matrix[..., 1, 0], matrix[..., 2, 0], matrix[..., 2, 1]
    # Each row is the quaternion times four of its own components; the longest row is the safest.
    rows = torch.stack(
        [
            torch.stack([1.0 + m00 - m11 - m22, m01 + m10, m02 + m20, m21 - m12], dim=-1),
            torch.stack([m01 + m10, 1.0 - m00 + m11 - m22, m12 + m21, m02 - m20], dim=-1),
            torch.stack([m02 + m20, m12 + m21, 1.0 - m00 - m11 + m22, m10 - m01], dim=-1),
            torch.stack([m21 - m12, m02 - m20, m10 - m01, 1.0 + m00 + m11 + m22], dim=-1),
        ],
        dim=-2,
    )
    best = rows.detach().diagonal(dim1=-2, dim2=-1).argmax(dim=-1)
    index = best[..., None, None].expand(*best.shape, 1, 4)
    return torch.nn.functional.normalize(rows.gather(-2, index).squeeze(-2), dim=-1)


def _rotation_vector(unit: Tensor) -> Tensor:
    """Rotation vector (..., 3) of unit quaternions (..., 4), at most pi long."""
    upper = torch.where(unit[..., 3:] < 0.0, -unit, unit)
    vector, cosine = upper[..., :3], upper[..., 3:]
    squared = (vector * vector).sum(-1, keepdim=True)
    small = squared < _SMALL_SINE
    sine = torch.where(small, torch.ones_like(squared), squared).sqrt()
    series = _series(squared, (2.0, 1 / 3, 3 / 20, 5 / 56, 35 / 576, 63 / 1408))
    return torch.where(small, series, 2.0 * torch.atan2(sine, cosine) / sine) * vector


def _series(x: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    value = torch.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value * x + coefficient
    return value


def _angle(squared: Tensor) -> tuple[Tensor, Tensor]:
    """Where the angle is small, and the angle elsewhere (1 where it is small)."""
    small = squared < _SMALL
    return small, torch.where(small, torch.ones_like(squared), squared).sqrt()


def _cosine(squared: Tensor) -> Tensor:
    small, angle = _angle(squared)
    series = _series(squared, (1.0, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800))
    return torch.where(small, series, angle.cos())


def _sinc(squared: Tensor) -> Tensor:
    """sin(t)/t."""
    small, angle = _angle(squared)
    series = _series(squared, (1.0, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800))
    return torch.where(small, series, angle.sin() / angle)


def _versine(squared: Tensor) -> Tensor:
    """(1 - cos t)/t²."""
    half = _sinc(0.25 * squared)
    return 0.5 * half * half


def _lag(squared: Tensor) -> Tensor:
    """(t - sin t)/t³."""
    small, angle = _angle(squared)
    series = _series(squared, (1 / 6, -1 / 120, 1 / 5040, -1 / 362880, 1 / 39916800))
    return torch.where(small, series, (angle - angle.sin()) / angle**3)


def _inverse_lag(squared: Tensor) -> Tensor:
    """(1 - t/2 cot(t/2))/t²."""
    small, angle = _angle(squared)
    series = _series(
        squared, (1 / 12, 1 / 720, 1 / 30240, 1 / 1209600, 1 / 47900160, 691 / 1307674368000)
    )
    half = 0.5 * angle
    return torch.where(small, series, (1.0 - half * half.cos() / half.sin()) / angle**2)
