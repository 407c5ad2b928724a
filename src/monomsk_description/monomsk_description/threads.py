"""One thread for linear algebra: this project's matrices are too small to share."""

from threadpoolctl import threadpool_limits


def use_one_thread() -> None:
    """Limits BLAS to one thread in this process.

    Factorising a 77 x 77 matrix with two threads takes 4 ms on an idle machine of two cores and 20
    times as long on a busy one, because the threads wait for each other.
    """
    threadpool_limits(limits=1, user_api="blas")
