"""The token bucket, with a clock by hand."""

from __future__ import annotations

import pytest

from ecom_lake.publish.api.rate import BURST, KEPT, Buckets


def test_a_burst_passes_and_then_the_rate_does() -> None:
    now = [0.0]
    buckets = Buckets(2, lambda: now[0])
    assert [buckets.wait("one") for _ in range(2 * BURST)] == [0.0] * (2 * BURST)
    assert buckets.wait("one") == 0.5
    assert buckets.wait("other") == 0.0, "each client has a bucket of its own"
    now[0] = 0.25
    assert buckets.wait("one") == 0.25
    now[0] = 0.5
    assert buckets.wait("one") == 0.0
    now[0] = 1_000.0
    assert [buckets.wait("one") for _ in range(2 * BURST)] == [0.0] * (2 * BURST), "it holds no more than a burst"
    assert buckets.wait("one") > 0


def test_a_slow_rate_still_lets_one_request_pass() -> None:
    buckets = Buckets(0.01, lambda: 0.0)
    assert [buckets.wait("one"), buckets.wait("one")] == pytest.approx([0.0, 100.0])


def test_the_memory_for_clients_is_bounded() -> None:
    buckets = Buckets(1, lambda: 0.0)
    for number in range(KEPT + 10):
        buckets.wait(str(number))
    assert len(buckets._kept) == KEPT
