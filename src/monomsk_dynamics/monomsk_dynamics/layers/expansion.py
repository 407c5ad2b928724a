"""Between coordinates and axes, in torch: `monomsk_description.coupling` for batches.

All curves of a skeleton are evaluated at once. Autograd differentiates the polynomials, so the
second and third derivatives of a coupled knee enter every gradient exactly.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from monomsk_description.anatomy import TransformAxis
from monomsk_description.coupling import ROOT_NV
from monomsk_description.curves import Curve


class AxisTensors(NamedTuple):
    """Axes over coordinates, each (..., n_axes): values, first and second derivatives."""

    value: Tensor
    first: Tensor
    second: Tensor


class Expansion(nn.Module):
    """The functions F of axes over coordinates."""

    driver: Tensor
    leaders: Tensor
    followers: Tensor
    curved: Tensor
    inner_breaks: Tensor
    last_break: Tensor
    origins: Tensor
    coefficients: Tensor

    def __init__(self, axes: tuple[TransformAxis, ...], coordinates: tuple[str, ...]) -> None:
        super().__init__()
        driver = np.array([coordinates.index(axis.coordinate) for axis in axes])
        self.register_buffer("driver", torch.tensor(driver))
        # The first axis of each coordinate, and all others.
        leaders = [driver.tolist().index(number) for number in range(len(coordinates))]
        followers = [axis for axis in range(len(axes)) if axis not in leaders]
        self.register_buffer("leaders", torch.tensor(leaders))
        self.register_buffer("followers", torch.tensor(followers, dtype=torch.long))
        curved = [index for index, axis in enumerate(axes) if axis.curve is not None]
        self.register_buffer("curved", torch.tensor(curved, dtype=torch.long))
        table = _table([axis.curve for axis in axes if axis.curve is not None])
        for name, values in table.items():
            self.register_buffer(name, torch.tensor(values))

    def forward(self, coordinates: Tensor) -> AxisTensors:
        """The axes at coordinates (..., n_coordinates)."""
        axes = coordinates[..., self.driver]
        first, second = torch.ones_like(axes), torch.zeros_like(axes)
        if not len(self.curved):
            return AxisTensors(axes, first, second)
        x = axes[..., self.curved]
        value, slope, bend = self._curves(x)
        return AxisTensors(
            axes.index_copy(-1, self.curved, value),
            first.index_copy(-1, self.curved, slope),
            second.index_copy(-1, self.curved, bend),
        )

    def _curves(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Values, slopes and second derivatives of the curves at places (..., n_curves)."""
        place = x.detach()
        # A knot belongs to the piece on its right, the last one to the piece on its left.
        piece = (place[..., None] >= self.inner_breaks).sum(-1) + (place > self.last_break)
        curve = torch.arange(x.shape[-1], device=x.device)
        t = x - self.origins[curve, piece]
        coefficients = self.coefficients[curve, piece]
        powers = [torch.ones_like(t), t]
        for _ in range(coefficients.shape[-1] - 2):
            powers.append(powers[-1] * t)
        values = (coefficients * torch.stack(powers, dim=-1)[..., None, :]).sum(-1)
        value, slope, bend = values.unbind(-1)
        return value, slope, bend

    def motion(self, axes: AxisTensors, v: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
        """Velocity and acceleration over axes (..., 6 + n_axes) of those over coordinates."""
        speed, acceleration = v[..., ROOT_NV:][..., self.driver], a[..., ROOT_NV:][..., self.driver]
        joints = axes.first * acceleration + axes.second * speed * speed
        return (
            torch.cat([v[..., :ROOT_NV], axes.first * speed], dim=-1),
            torch.cat([a[..., :ROOT_NV], joints], dim=-1),
        )

    def forces(self, axes: AxisTensors, tau: Tensor) -> Tensor:
        """Generalised forces over coordinates of those over axes (..., 6 + n_axes)."""
        joints = self._gather(axes.first * tau[..., ROOT_NV:], -1)
        return torch.cat([tau[..., :ROOT_NV], joints], dim=-1)

    def mass_matrix(self, axes: AxisTensors, over_axes: Tensor) -> Tensor:
        """The mass matrix over coordinates of one over axes (..., 6 + n_axes, 6 + n_axes)."""
        root = torch.ones_like(axes.first[..., :1]).expand(*axes.first.shape[:-1], ROOT_NV)
        gains = torch.cat([root, axes.first], dim=-1)
        joints = self._gather((over_axes * gains[..., None, :])[..., ROOT_NV:], -1)
        half = torch.cat([over_axes[..., :ROOT_NV], joints], dim=-1)
        below = self._gather((half * gains[..., :, None])[..., ROOT_NV:, :], -2)
        return torch.cat([half[..., :ROOT_NV, :], below], dim=-2)

    def gather_columns(self, matrix: Tensor) -> Tensor:
        """Columns of axes with a common coordinate added, (..., n_coordinates)."""
        return self._gather(matrix, -1)

    def gather_rows(self, matrix: Tensor) -> Tensor:
        """Rows of axes with a common coordinate added, (..., n_coordinates, m)."""
        return self._gather(matrix, -2)

    def _gather(self, values: Tensor, dim: int) -> Tensor:
        # Much quicker than a product with a matrix of zeros and ones.
        led = values.index_select(dim, self.leaders)
        followed = values.index_select(dim, self.followers)
        return led.index_add(dim, self.driver[self.followers], followed)


def _table(curves: list[Curve]) -> dict[str, np.ndarray]:
    """Curves as arrays of one shape: missing breaks at infinity, missing powers zero."""
    pieces = max((len(curve.origins) for curve in curves), default=1)
    # The derivatives have fewer coefficients than the value, never more.
    powers = max((curve.coefficients.shape[1] for curve in curves), default=2)
    powers = max(powers, 2)
    inner = np.full((len(curves), max(pieces - 2, 0)), np.inf)
    last = np.full(len(curves), np.inf)
    origins = np.zeros((len(curves), pieces))
    coefficients = np.zeros((len(curves), pieces, 3, powers))
    for row, curve in enumerate(curves):
        if len(curve.breaks):
            inner[row, : len(curve.breaks) - 1] = curve.breaks[:-1]
            last[row] = curve.breaks[-1]
        count, width = curve.coefficients.shape
        origins[row, :count] = curve.origins
        values = curve.coefficients
        for order in range(3):
            coefficients[row, :count, order, : values.shape[1]] = values
            values = values[:, 1:] * np.arange(1, values.shape[1])
    return {
        "inner_breaks": inner,
        "last_break": last,
        "origins": origins,
        "coefficients": coefficients,
    }
