from __future__ import annotations

import duckdb
import pytest

from ecom_lake.shop.rankings.hash_sample import ALL, HashSample

IDS = 20_000


def chosen(sample: HashSample) -> set[int]:
    query = f"select id from range({IDS}) as ids (id) where md5(id::varchar) < $below"
    return {row[0] for row in duckdb.execute(query, {"below": sample.below}).fetchall()}


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.999])
def test_a_sample_has_about_its_share_of_the_ids_and_is_a_part_of_every_larger_one(share: float) -> None:
    found = chosen(HashSample(share))
    assert abs(len(found) - share * IDS) < 4 * (IDS * share * (1 - share)) ** 0.5 + 1
    assert found <= chosen(HashSample(min(1.0, share * 1.5)))


def test_a_shop_below_the_limit_is_read_whole() -> None:
    assert HashSample.of(1_000, 1_000) == ALL
    assert len(chosen(ALL)) == IDS
    assert (ALL.in_words, HashSample.of(4_000, 1_000).in_words) == ("all", "a random 25.0% of all")
