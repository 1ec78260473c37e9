"""Points around known centres, for the tests of clustering and of what is chosen by it."""

from __future__ import annotations

import numpy as np

from ecom_lake.shop.segments.clustering import Floats, Labels

APART = [(0.0, 0.0), (3.0, 0.0), (0.0, 3.0), (3.0, 3.0), (1.5, 6.0)]


def blobs(centres: list[tuple[float, float]], each: int, width: float = 0.3, seed: int = 2) -> tuple[Floats, Labels]:
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.normal(centre, width, (each, 2)) for centre in centres])
    order = rng.permutation(len(points))
    return points[order], np.repeat(np.arange(len(centres), dtype=np.int32), each)[order]
