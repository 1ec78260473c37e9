"""Compares tables of many random shops on DuckDB and Spark:

    python -m ecom_lake_tests.engine.build.sql.spark_shops --shops 3000 --seed 1

A difference states its table and the seed of its shop; `--shops 1 --seed SEED` makes that shop alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ecom_lake_tests import spark

IN_ONE_QUERY = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ecom_lake_tests.engine.build.sql.spark_shops")
    parser.add_argument("--shops", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="of the first shop; the others follow")
    asked = parser.parse_args()
    if why := spark.why_not():
        sys.stderr.write(f"{why}\n")
        return 2
    spark.make_importable()
    from ecom_lake.engine.build.sql.spark_session import close_session, open_session
    from ecom_lake_tests.engine.build.sql.spark_shops.compared import TABLES, differences

    session, end, different = open_session("local[2]", "2g"), asked.seed + asked.shops, 0
    try:
        for first in range(asked.seed, end, IN_ONE_QUERY):
            seeds = range(first, min(first + IN_ONE_QUERY, end))
            with TemporaryDirectory() as folder:
                for difference in differences(session, seeds, Path(folder)):
                    different += 1
                    sys.stdout.write(f"{difference} differs\n")
            sys.stdout.write(f"{seeds.stop - asked.seed:,} shops of {len(TABLES)} tables, {different:,} tables differ\n")
            sys.stdout.flush()
    finally:
        close_session(session)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
