"""Makes gold tables of a shop in a process of its own, which a test can kill: `python -m … LAKE_TOML ROOT TABLE …`.

The tables are made whether they changed or not. Each is printed when it is committed, and a failure as its sentence.
"""

from __future__ import annotations

import sys

from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.errors import UserError
from ecom_lake.settings import load


def main(config: str, root: str, *tables: str) -> int:
    site = open_site(load(root, {"ECOM_LAKE_CONFIG": config}), "olist", full=True)
    for table in tables:
        try:
            make_gold(site, table)
        except UserError as error:
            sys.stdout.write(f"{error}\n")
            return 1
        sys.stdout.write(f"made {table}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
