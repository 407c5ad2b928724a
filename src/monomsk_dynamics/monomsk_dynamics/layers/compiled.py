"""CasADi functions as machine code, kept between runs; interpreted without a compiler."""

import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CACHE_VARIABLE = "MONOMSK_CACHE"
COMPILERS = ("cc", "gcc", "clang")
#: Half a minute for what optimisation beyond this level wins in seconds.
_FLAGS = ("-O1", "-fPIC", "-shared")
_TIMEOUT_S = 300.0

_LOGGER = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where compiled functions are kept: $MONOMSK_CACHE, else `monomsk` in the user's cache."""
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monomsk"


def compiled(functions: Sequence[Any], *, compile_missing: bool = True) -> list[Any]:
    """The functions as machine code from the cache, else compiled now, else as they are.

    Args:
        functions: `casadi.Function`s of distinct names.
        compile_missing: Whether to compile what the cache does not have.
    """
    generator = ca.CodeGenerator("functions.c")
    for function in functions:
        generator.add(function)
    source = generator.dump()
    # The source holds the model's numbers: another model is another file.
    library = cache_folder() / f"{hashlib.sha256(source.encode()).hexdigest()[:24]}.so"
    try:
        if not library.exists() and not (compile_missing and _compile(source, library)):
            return list(functions)
        return [ca.external(function.name(), str(library)) for function in functions]
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        _LOGGER.warning("functions stay interpreted, compiling failed: %s", error)
        return list(functions)


def _compile(source: str, library: Path) -> bool:
    """Compile a library; False without a compiler."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        return False
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        code, built = Path(folder) / "functions.c", Path(folder) / "functions.so"
        code.write_text(source, encoding="utf-8")
        subprocess.run(
            [compiler, *_FLAGS, str(code), "-o", str(built), "-lm"],
            check=True, capture_output=True, timeout=_TIMEOUT_S,
        )  # fmt: skip
        # Another process may have built the same meanwhile: replacing is atomic.
        built.replace(library)
    return True


class Buffered:
    """Calls a function of dense arguments without the cost of CasADi's own arrays.

    Args:
        function: A `casadi.Function` with dense inputs and one dense output.
    """

    def __init__(self, function: Any) -> None:
        # The buffer refers to the function, which has to live as long.
        self._function = function
        self._buffer, self._evaluate = function.buffer()
        self._inputs = [np.zeros(function.nnz_in(k)) for k in range(function.n_in())]
        self._outputs = [np.zeros(function.nnz_out(k)) for k in range(function.n_out())]
        for k, values in enumerate(self._inputs):
            self._buffer.set_arg(k, values.data)
        for k, values in enumerate(self._outputs):
            self._buffer.set_res(k, values.data)

    @property
    def size(self) -> int:
        """Number of entries of the first output."""
        return len(self._outputs[0])

    def set(self, first: int, *values: Array) -> None:
        """Set inputs from a number on; matrices are read column by column."""
        for place, value in enumerate(values, start=first):
            self._inputs[place][:] = np.ravel(value, order="F")

    def evaluate(self) -> list[Array]:
        """The outputs, valid until the next call."""
        self._evaluate()
        return self._outputs
