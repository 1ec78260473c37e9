"""A random forest classifier that gives the same bytes on any number of threads.

Leaves are large: with scikit-learn's default of one row per leaf a forest overfits single rows. Each tree is fitted on a bounded
sample, so that a large data set costs no more than a medium one. Not here: the choice of the leaf size.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecom_lake.statistics.arrays import Flags, Floats

LEAVES = (50, 200, 800)
"""Candidates for the smallest number of rows in a leaf."""
TREES, TREES_TO_TRY = 60, 12
MAX_ROWS_PER_TREE = 10_000
_ROWS_PER_TASK = 20_000


@dataclass(frozen=True)
class Forest:
    trees: Any

    @classmethod
    def fit(cls, x: Floats, outcome: Flags, leaf: int, seed: int, trees: int = TREES) -> Forest:
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(
            n_estimators=trees,
            min_samples_leaf=leaf,
            max_samples=min(MAX_ROWS_PER_TREE, len(x)),
            n_jobs=2,
            random_state=seed,
        )
        return cls(forest.fit(x.astype(np.float32), outcome).set_params(n_jobs=1))

    def scores(self, x: Floats) -> Floats:
        """Threads share the rows, not the trees: scikit-learn's own threads add up the trees in the order in which they end."""
        parts = [x[i : i + _ROWS_PER_TASK].astype(np.float32) for i in range(0, len(x), _ROWS_PER_TASK)]
        with ThreadPoolExecutor(2) as pool:
            return np.concatenate([np.zeros(0), *pool.map(lambda part: self.trees.predict_proba(part)[:, 1], parts)])
