"""Arms of a campaign: they depend on campaign and customer alone, keep the share, and survive later exports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.store.lake import Lake
from ecom_lake.errors import UsageError, UserError
from ecom_lake.publish.audiences.campaign import (
    HELD_OUT,
    Campaign,
    campaigns,
    copy_campaigns,
    read_campaign,
    write_campaign,
)
from ecom_lake_tests.builders.built_lake import BuiltLake

DAY = date(2024, 5, 1)


@given(st.lists(st.text(), unique=True), st.lists(st.text(), unique=True), st.floats(0, 0.9))
def test_later_members_change_nobodys_arm(first: list[str], second: list[str], holdout: float) -> None:
    campaign = Campaign("spring", "rfm: at risk", holdout).with_members(first, DAY, 1)
    later = campaign.with_members(second, date(2024, 6, 1), 2)
    assert later.joined[: len(campaign.joined)] == campaign.joined
    assert later.members == {*first, *second}
    assert all(later.arm(one) == HELD_OUT for joined in later.joined for one in joined.held_out)
    assert later.with_members([*first, *second], DAY, 3) is later


def test_the_share_is_kept_and_another_campaign_has_another_split() -> None:
    customers = [f"c{number}" for number in range(20_000)]
    spring, autumn = Campaign("spring", "", 0.1), Campaign("autumn", "", 0.1)
    held_out = {name: {one for one in customers if found.arm(one) == HELD_OUT} for name, found in (("s", spring), ("a", autumn))}
    assert 1_850 < len(held_out["s"]) < 2_150  # 2,000 ± 3.5 standard deviations
    assert 130 < len(held_out["s"] & held_out["a"]) < 270  # 200 by chance


def test_a_campaign_is_read_as_it_was_written(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    campaign = Campaign("spring", "rfm: at risk", 0.25).with_members(["a", "b", "ü"], DAY, 7)
    assert read_campaign(site, "spring") is None and campaigns(site) == []
    write_campaign(site, campaign)
    assert read_campaign(site, "spring") == campaign and campaigns(site) == ["spring"]
    file = fresh_lake.root / "olist/campaigns/spring.json"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"campaigns/spring\.json is damaged"):
        read_campaign(site, "spring")
    with pytest.raises(UsageError, match="needs a name of small letters"):
        read_campaign(site, "../secret")


def test_a_copy_has_the_campaigns_and_takes_new_members_only(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    site = fresh_lake.site()
    copy = replace(site, lake=Lake(str(tmp_path / "copy"), "olist"))
    first = Campaign("spring", "rfm: at risk", 0.25).with_members(["a", "b"], DAY, 7)
    write_campaign(site, first)
    assert copy_campaigns(site, copy) == 1 and read_campaign(copy, "spring") == first
    second = first.with_members(["c"], DAY, 8)
    write_campaign(site, second)
    assert copy_campaigns(site, copy) == 1 and read_campaign(copy, "spring") == second
    assert copy_campaigns(site, copy) == 0
    theirs = second.with_members(["d"], DAY, 9)
    write_campaign(copy, theirs)
    with pytest.raises(UserError, match=r"spring\.json is not an older copy of the campaign 'spring', and is not replaced"):
        copy_campaigns(site, copy)
    assert read_campaign(copy, "spring") == theirs
