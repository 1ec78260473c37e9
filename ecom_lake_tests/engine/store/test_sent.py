"""Who may send a message, on the local disk and on Azure: claims, records, and their end."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.store.local import LocalStore
from ecom_lake.engine.store.sent import CLAIM_ENDS, KEPT, SENT, Sent
from ecom_lake.engine.store.store import Store
from ecom_lake_tests.builders.alert_shop import AlertShop
from ecom_lake_tests.builders.built_lake import Place


def sent(place: Place, process: str = "me") -> Sent:
    return Sent(place.store(), "mine", process)


def test_one_claim_at_a_time_and_none_after_the_record(place: Place) -> None:
    first = sent(place)
    claim = first.claim("team", "a")
    assert claim and sent(place).claim("team", "a") is None
    first.release_claim(claim)
    second = sent(place)
    claim = second.claim("team", "a")
    assert claim and not second.has("team", "a")
    second.record("team", "a", claim, {"release": 3})
    assert sent(place).has("team", "a") and sent(place).claim("team", "a") is None
    assert second.claim("team", "a") is None, "this object listed the records before"
    assert sent(place).claim("team", "ab") and sent(place).claim("ops", "a"), "another key, and another channel"


def test_of_many_at_once_one_gets_the_claim(place: Place) -> None:
    processes = [sent(place, f"p{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda one: one.claim("team", "a"), processes))
    assert len([claim for claim in claims if claim]) == 1


def test_a_claim_that_ends_while_this_process_looks_at_it_is_not_taken(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process creates its claim just before this one, and records the message just after."""
    first, second, store = sent(place, "first"), sent(place, "second"), place.store()
    create = type(store).create

    def between(of: Store, path: str, data: bytes) -> bool:
        with monkeypatch.context() as unpatched:
            unpatched.setattr(type(store), "create", create)
            claim = first.claim("team", "a")
            assert claim
            created = create(of, path, data)
            first.record("team", "a", claim, {})
        return created

    monkeypatch.setattr(type(store), "create", between)
    assert second.claim("team", "a") is None
    assert sent(place).has("team", "a")


def test_the_latest_record_of_a_channel(place: Place) -> None:
    for key, release in (("report-2", 4), ("report-1", 5), ("alert", 9)):
        records = sent(place)
        claim = records.claim("team", key)
        assert claim
        records.record("team", key, claim, {"release": release})
        if place.is_local:  # a later time, whatever the resolution of the disk
            stamp = datetime(2026, 1, 1, tzinfo=UTC).timestamp() + release
            os.utime(Path(place.url) / f"mine/{SENT}/team/{key}.sent", (stamp, stamp))
    found = sent(place).latest("team", "report-")
    assert found and (found["release"] == 5 or not place.is_local)
    assert sent(place).latest("ops", "report-") is None


def age(file: Path, by: timedelta) -> None:
    stamp = (datetime.now(UTC) - by).timestamp()
    os.utime(file, (stamp, stamp))


def test_a_claim_ends_and_the_next_one_has_another_number(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    assert Sent(store, "mine", "killed").claim("team", "a")
    age(tmp_path / f"mine/{SENT}/team/a.claim-1", CLAIM_ENDS + timedelta(seconds=1))
    assert Sent(store, "mine", "next").claim("team", "a") == f"mine/{SENT}/team/a.claim-2"
    assert Sent(store, "mine", "third").claim("team", "a") is None


def test_sends_without_an_answer_are_counted_and_killed_processes_are_not(tmp_path: Path) -> None:
    store, counts = LocalStore(tmp_path), []
    for number, is_killed in enumerate((False, True, True, False), 1):
        records = Sent(store, "mine", f"p{number}")
        claim = records.claim("team", "a")
        assert claim
        if not is_killed:
            counts.append(records.keep_claim("team", "a", claim))
        assert Sent(store, "mine", "other").claim("team", "a") is None
        age(tmp_path / claim, CLAIM_ENDS + timedelta(seconds=1))
    assert counts == [1, 2]


@pytest.fixture
def shop(tmp_path: Path) -> AlertShop:
    shop = AlertShop(tmp_path / "project")
    shop.configure()
    shop.release()
    return shop


def test_records_stay_for_more_than_a_year_and_then_go(shop: AlertShop) -> None:
    """Everything else that no state names goes after `older_than`."""
    site = shop.site
    for key, days in (("recent", 399), ("old", 401)):
        records = Sent(site.lake.store, "mine", "me")
        claim = records.claim("team", key)
        assert claim
        records.record("team", key, claim, {})
        age(shop.folder / f"data/mine/{SENT}/team/{key}.sent", timedelta(days=days))
    collect_garbage(site, find_garbage(site, timedelta(0)))
    assert Sent(site.lake.store, "mine", "me").has("team", "recent")
    assert not Sent(site.lake.store, "mine", "me").has("team", "old")


def test_the_record_of_a_fact_that_still_holds_is_renewed(shop: AlertShop) -> None:
    store, file = shop.site.lake.store, shop.folder / f"data/mine/{SENT}/team/a.sent"
    records = Sent(store, "mine", "me")
    claim = records.claim("team", "a")
    assert claim
    records.record("team", "a", claim, {"release": 3})
    age(file, KEPT - timedelta(days=1))
    Sent(store, "mine", "me").renew("team", "a")
    assert store.info(f"mine/{SENT}/team/a.sent").modified > datetime.now(UTC) - timedelta(hours=1)
    assert Sent(store, "mine", "me").latest("team", "a") == {"release": 3}


def test_a_claim_with_a_lost_response_is_a_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store creates the file, and the retry of the request finds it."""
    store = LocalStore(tmp_path)
    create = store.create
    monkeypatch.setattr(store, "create", lambda path, data: create(path, data) and False)
    claim = Sent(store, "mine", "me").claim("team", "a")
    assert claim == f"mine/{SENT}/team/a.claim-1"
    assert store.read(claim) == b"me"
    assert Sent(store, "mine", "another").claim("team", "a") is None
