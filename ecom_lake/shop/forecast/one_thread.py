"""Linear algebra on one thread.

The matrices of a time series are tiny: threads only wait for each other over them (measured beside other work on two cores: 60 s
instead of 3 s), and how they share out a sum may change its last digit. Not here: what is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    # Only of libraries that are loaded can the threads be limited.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
