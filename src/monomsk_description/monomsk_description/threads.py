"""One thread for linear algebra: this project's matrices are too small to share."""

# Only libraries that are loaded can be limited: numpy and scipy bring an OpenBLAS each.
import numpy  # noqa: F401
import scipy.linalg  # noqa: F401
from threadpoolctl import threadpool_limits


def use_one_thread() -> None:
    """Limits BLAS to one thread in this process.

    With two threads on two busy cores a frame's fit took 76 ms instead of 4 ms: the threads of
    each small factorisation wait for each other.
    """
    threadpool_limits(limits=1, user_api="blas")
