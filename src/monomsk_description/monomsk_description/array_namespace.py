"""The few array operations that differ between numpy, torch and casadi.

Arrays carry components along their last axis and batches before it. A casadi matrix carries
components along its rows, and has one column a batch.
"""

import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import Array

#: By type: looking it up costs a third of finding it.
_NAMESPACES: dict[type, ModuleType] = {}


def namespace_of(x: Any) -> ModuleType:
    """The module that x's type comes from: torch, casadi, or else numpy."""
    kind = type(x)
    found = _NAMESPACES.get(kind)
    if found is None:
        name = kind.__module__.partition(".")[0]
        found = sys.modules[name] if name in ("torch", "casadi") else np
        _NAMESPACES[kind] = found
    return found


def is_symbolic(x: Any) -> bool:
    """Whether x is casadi's."""
    return namespace_of(x).__name__ == "casadi"


def constant(values: Array, like: Any) -> Any:
    """Numbers (..., n) as an array that goes with `like`."""
    xp = namespace_of(like)
    if xp.__name__ == "casadi":
        return xp.sparsify(xp.DM(values if values.ndim < 2 else values.T))
    if xp is np:
        return values
    return xp.as_tensor(values, dtype=like.dtype, device=like.device)


def concatenate(parts: list[Any]) -> Any:
    """Components of all parts, in order."""
    xp = namespace_of(parts[0])
    return xp.vertcat(*parts) if xp.__name__ == "casadi" else xp.concatenate(parts, axis=-1)


def take(x: Any, index: NDArray[np.int64]) -> Any:
    """Components by index (k,)."""
    xp = namespace_of(x)
    if xp.__name__ == "casadi":
        return x[index.tolist(), :]
    return x.take(index, axis=-1) if xp is np else x[..., index]


def part(x: Any, start: int, stop: int) -> Any:
    """Components from start to before stop."""
    return x[start:stop, :] if is_symbolic(x) else x[..., start:stop]


def transform(matrix: Array, x: Any) -> Any:
    """The matrix (m, n) times the components of x (n); fastest for a matrix in Fortran order."""
    xp = namespace_of(x)
    if xp.__name__ == "casadi":
        return xp.mtimes(xp.sparsify(xp.DM(matrix)), x)
    return x @ constant(matrix, x).T


def clip(x: Any, low: float, high: float) -> Any:
    """Components limited to a range."""
    xp = namespace_of(x)
    if xp.__name__ == "casadi":
        return xp.fmin(xp.fmax(x, low), high)
    # np.clip costs five times as much on short arrays.
    return np.minimum(np.maximum(x, low), high) if xp is np else xp.clip(x, low, high)
