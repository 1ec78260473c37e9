"""A Random Forest that gives the same bytes on any number of threads.

Leaves are large: a forest with scikit-learn's own leaf of one learns single people by heart and ranks no better than recency.
Each tree sees at most so many people, so that a large shop costs no more than a middling one. Not here: how large the leaves are.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecom_lake.statistics.lift import Flags, Floats

LEAVES = (50, 200, 800)
"""Fewest people in a leaf, of which one is chosen."""
TREES, TREES_TO_TRY = 60, 12
SEEN_BY_A_TREE = 10_000
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Forest:
    trees: Any

    @classmethod
    def fit(cls, x: Floats, happened: Flags, leaf: int, seed: int, trees: int = TREES) -> Forest:
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(
            n_estimators=trees,
            min_samples_leaf=leaf,
            max_samples=min(SEEN_BY_A_TREE, len(x)),
            n_jobs=2,
            random_state=seed,
        )
        return cls(forest.fit(x.astype(np.float32), happened).set_params(n_jobs=1))

    def scores(self, x: Floats) -> Floats:
        """People side by side, and the trees one after the other: scikit-learn's own threads add up in the order they end."""
        parts = [x[i : i + _AT_ONCE].astype(np.float32) for i in range(0, len(x), _AT_ONCE)]
        with ThreadPoolExecutor(2) as pool:
            return np.concatenate([np.zeros(0), *pool.map(lambda part: self.trees.predict_proba(part)[:, 1], parts)])
