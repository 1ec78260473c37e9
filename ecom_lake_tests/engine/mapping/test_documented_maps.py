"""The maps in the documentation can be read, and the types of their cells fit."""

from __future__ import annotations

import re
from pathlib import Path

from ecom_lake.engine.mapping.map_file import delivered, read_map
from ecom_lake.engine.mapping.run_facet import check_types
from ecom_lake.shop.connectors.canonical import CANONICAL

PAGE = Path(__file__).parents[3] / "docs" / "how-to-write-a-map.md"

SURVEY = """
    [files.survey]
    [orders]
    from = "survey"
    join = { usual = "category" }
    order_id = "id"
    customer_id = "usual.rating"
    ordered_at = "day(answered)"
"""


def test_the_map_of_the_how_to() -> None:
    whole, lookup = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    map_ = read_map(whole, "maps/example.toml", CANONICAL.delivered)
    check_types(map_)
    assert [table.name for table in delivered(map_)] == ["lines", "people"]
    survey = (
        '[files.survey]\n[orders]\nfrom = "survey"\norder_id = "id"\ncustomer_id = "usual.rating"\nordered_at = "day(at_day)"\n'
    )
    check_types(read_map(f'{lookup}{survey}join = {{ usual = "category" }}', "maps/survey.toml", CANONICAL.delivered))
