"""The command `profile`: the same numbers as the profiler, in words and as JSON, without values of persons."""

from __future__ import annotations

from ecom_lake.engine.serve.profile.table_profile import TableProfile
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.profile.findings import shop_findings, table_findings
from ecom_lake.publish.profile.release_tables import silver_sources
from ecom_lake.publish.profile.shop_profile import profile_of_release
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def test_the_json_has_every_table_and_its_figures(run: Run, built_lake: BuiltLake) -> None:
    said = run("profile", "--json", at=built_lake)
    assert (said.code, said.json["shop"]) == (0, "olist")
    site = built_lake.site()
    entry = released(site)
    with session(site, entry) as opened:
        expected = {one.table.name: TableProfile(one, opened.rows) for one in silver_sources(site, entry)}
        shop = profile_of_release(site, entry, opened.rows, opened.tables["gold"])
        assert said.json["findings"] == shop_findings(shop, site.shop.numbers.currency) != []
        assert [one["table"] for one in said.json["tables"]] == list(expected)
        for table in said.json["tables"]:
            profile = expected[table["table"]]
            assert (table["rows"], table["findings"]) == (profile.source.rows, table_findings(profile))
            assert [(one["name"], one["missing"], one["distinct"]) for one in table["columns"]] == [
                (one.column.name, one.missing, one.distinct) for one in profile.columns
            ]
            for column in table["columns"]:
                assert not column["personal"] or (column["numbers"], column["times"], column["frequent"]) == (None, None, [])
                assert column["histogram"] is None or sum(one["rows"] for one in column["histogram"]) == (
                    profile.profiled - column["missing"]
                )
        in_words = run("profile", at=built_lake)
        assert in_words.code == 0 and "profile TABLE" in in_words.out
        assert all(sentence in in_words.out for sentence in said.json["findings"])
        assert all(f"\n{name} " in in_words.out for name in expected)


def test_one_table_is_shown_column_by_column(run: Run, built_lake: BuiltLake) -> None:
    said = run("profile", "silver.orders", at=built_lake)
    assert said.code == 0
    [status] = [line for line in said.out.splitlines() if line.startswith("status ")]
    assert "delivered (" in status
    [customer] = [line for line in said.out.splitlines() if line.startswith("customer_id ")]
    assert customer.rstrip().endswith("personal")


def test_an_unknown_table_is_wrong_usage(run: Run, built_lake: BuiltLake) -> None:
    refused = run("profile", "order", at=built_lake)
    assert refused.code == 2 and "has no silver table 'order'" in refused.err and "orders" in refused.err
