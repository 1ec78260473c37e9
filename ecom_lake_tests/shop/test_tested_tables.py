from __future__ import annotations

import shutil
from pathlib import Path

from ecom_lake_tests.shop.tested_tables import FOLDER, untested


def test_a_table_without_a_test_file_is_named_with_the_file_to_write(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(FOLDER, folder)
    assert list(untested(folder)) == []
    (folder / "rfm/test_rfm.py").unlink()
    (folder / "churn/test_churn_scores.py").unlink()
    assert sorted(untested(folder)) == [
        "The table churn_fit has no test: write ecom_lake_tests/shop/churn/test_churn_fit.py or churn/test_churn_scores.py.",
        "The table churn_scores has no test: write ecom_lake_tests/shop/churn/test_churn_scores.py.",
        "The table rfm has no test: write ecom_lake_tests/shop/rfm/test_rfm.py.",
    ]
