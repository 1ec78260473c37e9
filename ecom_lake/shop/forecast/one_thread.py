"""Linear algebra on one thread.

The matrices of a time series are tiny, so that threads mostly wait for each other (60 s instead of 3 s on two busy cores), and
how threads split a sum may change its last digit. Not here: any computation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    # Threads can only be limited for libraries that are already loaded.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
