"""Which facts are found, and that each is sent once: by two processes, after a kill, with a channel that is down."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from ecom_lake.engine.alerts import FailedRun
from ecom_lake.engine.build.release.release import make_release, roll_back
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step import trouble
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.build.step.trouble import troubles
from ecom_lake.engine.build.step.watched import watched
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store import sent
from ecom_lake.engine.store.local import LocalStore
from ecom_lake.errors import UserError
from ecom_lake.publish.alerts.notify import due, notify
from ecom_lake_tests.builders.alert_shop import SHOP, AlertShop, Mailbox, Receiver, channel
from ecom_lake_tests.builders.built_lake import BuiltLake

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def team(shop: AlertShop, hook: Receiver) -> AlertShop:
    """With a webhook, and no alerts but those that a test adds."""
    shop.environment["TEAM_URL"] = hook.url
    shop.configure(channel())
    return shop


def titles(shop: AlertShop, failed: FailedRun | None = None, now: datetime = NOW) -> list[str]:
    return [message.title for messages in due(shop.site, failed, now).messages.values() for message in messages]


def month(of: date, **values: Any) -> dict[str, Any]:
    return {"month": of, "is_complete": True, "late_rate": None, "net_sales": None, **values}


# ---------------------------------------------------------------------------------------------------------------- the rules


def test_a_shop_without_facts_has_nothing_to_send(team: AlertShop) -> None:
    assert titles(team) == []
    team.release()
    assert titles(team) == []


def test_a_failed_build_and_one_that_a_check_refused(team: AlertShop) -> None:
    team.fail("The disk is full.")
    assert titles(team) == ["[mine] The build failed at gold/rfm: The disk is full."]
    team.fail("7 rows failed the rule price_positive.", refused=True)
    assert titles(team) == [
        "[mine] The build was not released: a check failed at gold/rfm: 7 rows failed the rule price_positive."
    ]
    team.release()
    assert titles(team) == [], "the release ended it"


def test_the_same_failure_is_news_again_after_a_release(team: AlertShop) -> None:
    for _ in range(2):
        team.fail("The disk is full.")
        assert len(notify(team.site).sent) == 1
        assert notify(team.site).sent == []
        team.release()


@pytest.mark.parametrize(
    ("step", "title"),
    [
        ("published/warehouse", "[mine] Publishing into the database warehouse failed: It is down."),
        ("landing", "[mine] Pulling from the shop's database failed: It is down."),
    ],
)
def test_a_database_that_is_down_is_no_failed_build(team: AlertShop, hook: Receiver, step: str, title: str) -> None:
    """It works again without a release: the alarm ends, and the next failure is another one."""
    team.release()
    for failures in (1, 2):
        for _ in range(2):
            with pytest.raises(UserError):
                watched(team.site, step, is_down)
            notify(team.site)
        assert hook.titles == [title] * failures
        run = FailedRun("of the failure", "mine_all", datetime.now(UTC))
        watched(team.site, "gold/rfm", list)
        assert titles(team) == [] and troubles(team.site), "another step has worked"
        watched(team.site, step, list)
        assert titles(team, run) == [] and not troubles(team.site)
    assert not any("previous release" in one.body["text"] for one in hook.posted)


def test_two_databases_that_are_down_are_two_alarms(team: AlertShop, hook: Receiver) -> None:
    """Each ends when its own works again."""
    team.release()
    for step in ("published/first", "published/second"):
        with pytest.raises(UserError):
            watched(team.site, step, is_down)
    down = [f"[mine] Publishing into the database {name} failed: It is down." for name in ("first", "second")]
    assert titles(team) == down
    watched(team.site, "published/second", list)
    assert titles(team) == down[:1]
    notify(team.site)
    watched(team.site, "published/first", list)
    assert hook.titles == down[:1] and titles(team) == []


DATABASES = f"""{SHOP}
[shops.mine.database]
url_env = "SHOP_URL"
[shops.mine.database.tables]
orders = {{ table = "orders" }}
[shops.mine.publish.warehouse]
url_env = "WAREHOUSE_URL"
"""


@pytest.mark.parametrize("step", ["landing", "published/warehouse"])
def test_no_release_ends_the_alarm_of_a_database_that_is_down(team: AlertShop, hook: Receiver, step: str) -> None:
    """Until the step works again, it is one alarm. The next failure is another one, also after a release."""
    url = "postgresql://user:password@127.0.0.1:1/shop"
    team.environment.update(SHOP_URL=url, WAREHOUSE_URL=url)
    team.configure(channel(), shop=DATABASES)
    team.release()
    for failures in (1, 2):
        team.fail("It is down.", step)
        team.fail("The disk is full.")
        team.release()
        for _ in range(2):
            notify(team.site)
            assert len(hook.posted) == failures and hook.titles[-1].endswith(": It is down.")
            team.release()
        watched(team.site, step, list)
        assert titles(team) == [] and not troubles(team.site)
        team.release()
    team.fail("It is down.", step)
    team.configure(channel())
    assert len(titles(team)) == 1
    team.release()
    assert titles(team) == [] and not troubles(team.site), "the database was removed from lake.toml"


@pytest.mark.parametrize("state", ["released", "pinned"])
def test_a_build_that_works_ends_the_failures_before_it_without_a_release(
    fresh_lake: BuiltLake, hook: Receiver, state: str
) -> None:
    fresh_lake.config.write_text(f"{fresh_lake.config.read_text('utf-8')}{channel()}", "utf-8")
    site = replace(fresh_lake, environment={"TEAM_URL": hook.url}).site()
    if state == "pinned":
        roll_back(site, site.lake.log.head().release or 0)
    for _ in ("a night", "a later night"):
        trouble.keep(site, "bronze", "failed", ["The disk is full."], [])
        assert build_failures(site) == 1
        make_release(site)
        assert build_failures(site) == 0, "it was repaired before the channel was back"
        trouble.keep(site, "bronze", "failed", ["The disk is full."], [])
        assert [message.rule for _, message in notify(site).sent].count("build_failed") == 1
        make_release(site)


def build_failures(site: Site) -> int:
    return sum(one.rule == "build_failed" for messages in due(site).messages.values() for one in messages)


def test_a_step_that_may_have_worked_since_is_no_alarm(team: AlertShop) -> None:
    """No step but those without a release records that it works again."""
    team.fail("First.", "gold/rfm")
    team.fail("Second.", "gold/kpi_monthly")
    assert titles(team) == ["[mine] The build failed at gold/kpi_monthly: Second."]
    assert [one.table for one in troubles(team.site)] == ["gold/kpi_monthly"]


@pytest.mark.parametrize("step", ["landing", "published/warehouse"])
def test_a_database_that_is_down_does_not_end_the_failure_of_a_build(team: AlertShop, step: str) -> None:
    """The build's alarm is sent, though the channel was not reached before the database failed in a later run."""
    team.release()
    team.fail("7 rows failed.", refused=True)
    with pytest.raises(UserError):
        watched(team.site, step, is_down)
    assert [one.table for one in troubles(team.site)] == ["gold/rfm", step]
    assert titles(team)[0] == "[mine] The build was not released: a check failed at gold/rfm: 7 rows failed."


def test_the_failure_that_an_older_version_stored_is_read(team: AlertShop) -> None:
    """It stored one."""
    team.fail("It is down.", "published/first")
    file = team.folder / "data/mine/_store/trouble.json"
    [stored] = json.loads(file.read_text("utf-8"))["troubles"].values()
    file.write_text(json.dumps({**stored, "worked": {"published/second": "2026-01-01T00:00:00+00:00"}}), "utf-8")
    assert [one.table for one in troubles(team.site)] == ["published/first"]
    team.fail("It is down.", "published/second")
    assert {one.table: one.worked_at[:4] for one in troubles(team.site)} == {"published/first": "", "published/second": "2026"}


def is_down() -> list[Outcome]:
    raise UserError("It is down.")


def test_a_refused_table_is_news_by_its_checks_and_not_by_their_numbers(team: AlertShop, hook: Receiver) -> None:
    for check, rows in (("unique", 7), ("unique", 8), ("price_positive", 9)):
        failed = Check(TableId("gold", "rfm"), check, False, "block", f"{rows} rows failed.")
        watched(team.site, "gold/rfm", partial(Outcome, failed.table, checks=(failed,)))
        notify(team.site)
    refused = "[mine] The build was not released: a check failed at gold/rfm"
    assert hook.titles == [f"{refused}: 7 rows failed.", f"{refused}: 9 rows failed."]


def test_a_step_that_fails_each_night_for_another_reason_is_sent_once(team: AlertShop, hook: Receiver) -> None:
    for path in ("/data/a", "/data/b"):
        team.fail(f"{path} cannot be read.")
        notify(team.site)
    assert len(hook.posted) == 1


def test_a_run_that_died_without_a_result(team: AlertShop) -> None:
    release = team.release()
    after = datetime.fromisoformat(release.at) + timedelta(minutes=5)
    died = FailedRun("abcdef1234567890", "mine_all", after)
    assert titles(team, died) == ["[mine] The run abcdef12 of mine_all failed, and none of its steps recorded why."]
    assert titles(team, FailedRun("older", "mine_all", after - timedelta(hours=1))) == [], "the release is newer"
    team.fail("The disk is full.")
    assert titles(team, FailedRun(team.site.run, "mine_all", after - timedelta(minutes=5))) == [
        "[mine] The build failed at gold/rfm: The disk is full."
    ]


def test_deliveries_that_stopped(team: AlertShop) -> None:
    daily = [NOW.replace(tzinfo=None) - timedelta(days=days) for days in range(14, 4, -1)]
    team.deliver(*daily)
    assert titles(team) == ["[mine] Nothing was delivered for 5 days; the median gap between deliveries is 1 day."]
    team.configure(channel(), shop=f'{SHOP}[shops.mine.alerts.freshness]\nno_delivery = "6 days"\n')
    assert titles(team) == []
    assert titles(team, now=NOW + timedelta(days=2)) == ["[mine] Nothing was delivered for 7 days; at most 6 days are expected."]
    team.configure(channel(), shop=f'{SHOP}last_month = "2026-02"\n')
    assert titles(team, now=NOW + timedelta(days=9)) == [], "the shop has closed"


def test_a_release_that_is_old(team: AlertShop) -> None:
    team.configure(channel(), shop=f'{SHOP}[shops.mine.alerts.freshness]\nno_release = "36 hours"\n')
    at = datetime.fromisoformat(team.release().at)
    assert titles(team, now=at + timedelta(hours=36)) == []
    assert titles(team, now=at + timedelta(hours=37)) == [
        "[mine] There was no new release for 37 hours; at most 36 hours are expected."
    ]


def period(last: date, orders_until: date, first: date = JANUARY) -> dict[str, list[dict[str, Any]]]:
    """The complete months of a release, and the day of its latest order."""
    return {
        "reporting_period": [{"first_complete_month": first, "last_complete_month": last}],
        "kpi_daily": [{"date": orders_until}],
    }


def test_kpis_beyond_a_threshold_in_the_last_complete_month(team: AlertShop) -> None:
    kpis = "[shops.mine.alerts.kpi.late_rate]\nabove = 0.1\n[shops.mine.alerts.kpi.net_sales]\nbelow = 1000\n"
    team.configure(channel(), shop=SHOP + kpis + '[shops.mine.numbers]\ncurrency = "€"\n')
    rows = [month(JANUARY, late_rate=0.5, net_sales=Decimal("1")), month(FEBRUARY, late_rate=0.123, net_sales=Decimal("999.99"))]
    rows.append({**month(MARCH, late_rate=0.9, net_sales=Decimal("5")), "is_complete": False})
    team.release(kpi_monthly=rows, **period(FEBRUARY, date(2026, 3, 9)))
    assert titles(team) == [
        "[mine] Late rate was 12.3% in February 2026, above 10.0%.",
        "[mine] Net sales was € 999.99 in February 2026, below € 1,000.00.",
    ]
    team.release(kpi_monthly=[month(FEBRUARY, late_rate=0.1, net_sales=Decimal("1000")), month(MARCH)])
    assert titles(team) == [], "equal to the threshold, and unknown"


def target(of: date, status: str, kpi: str = "orders") -> dict[str, Any]:
    values = {"is_complete": status in ("met", "missed"), "target": 100.0, "reached": 90.0, "expected_so_far": 95.0}
    return {"month": of, "kpi": kpi, "status": status, **values}


MISSED = "[mine] Orders missed its target in February 2026: 90, target 100."


def test_missed_targets(team: AlertShop) -> None:
    rows = [target(JANUARY, "missed"), target(FEBRUARY, "missed"), target(FEBRUARY, "met", "units"), target(MARCH, "off_track")]
    team.release(target_progress=rows, **period(FEBRUARY, date(2026, 3, 9)))
    assert titles(team) == [MISSED]
    team.configure(channel(), shop=f"{SHOP}[shops.mine.alerts.target]\noff_track = true\n")
    assert titles(team) == [MISSED, "[mine] Orders is off track in March 2026: 90, expected by now 95."]


def test_targets_of_earlier_years_are_no_news(team: AlertShop) -> None:
    team.configure(channel(), shop=f"{SHOP}[shops.mine.alerts.target]\noff_track = true\n")
    rows = [target(date(2024, 11, 1), "off_track"), target(date(2024, 12, 1), "missed"), target(JANUARY, "off_track")]
    team.release(target_progress=rows, **period(FEBRUARY, date(2026, 3, 9)))
    assert titles(team) == []


@pytest.mark.parametrize(
    ("orders_until", "now", "is_over"),
    [
        (date(2026, 2, 26), datetime(2026, 2, 27, tzinfo=UTC), False),  # two days are missing, which gold calls complete
        (date(2026, 2, 26), NOW, False),  # the deliveries have not reached its end
        (date(2026, 2, 28), datetime(2026, 2, 28, 22, tzinfo=UTC), False),
        (date(2026, 2, 28), datetime(2026, 2, 28, 23, tzinfo=UTC), True),  # midnight in Berlin
    ],
)
def test_a_month_is_reported_when_it_is_over(team: AlertShop, orders_until: date, now: datetime, is_over: bool) -> None:
    """The one before stays the last one until then. A shop that has closed does not wait."""
    rules = "[shops.mine.alerts.kpi.late_rate]\nabove = 0.1\n"
    team.configure(channel(), shop=f'{SHOP}timezone = "Europe/Berlin"\n{rules}')
    about = {"table_name": "orders", "column_name": "status", "kind": "volume", "measure": "rows", "is_anomaly": True}
    team.release(
        kpi_monthly=[month(JANUARY, late_rate=0.1), month(FEBRUARY, late_rate=0.5)],
        target_progress=[target(JANUARY, "met"), target(FEBRUARY, "missed")],
        anomalies=[{"month": JANUARY, **about, "sentence": "Old."}, {"month": FEBRUARY, **about, "sentence": "Half."}],
        **period(FEBRUARY, orders_until),
    )
    of_february = ["[mine] Late rate was 50.0% in February 2026, above 10.0%.", MISSED, "[mine] Half."]
    assert titles(team, now=now) == (of_february if is_over else ["[mine] Old."])
    team.configure(channel(), shop=f'{SHOP}last_month = "2026-02"\n{rules}')
    assert titles(team, now=now) == of_february


def test_anomalies_of_the_last_examined_month(team: AlertShop) -> None:
    def anomaly(of: date, sentence: str | None) -> dict[str, Any]:
        about = {"table_name": "orders", "column_name": "status", "kind": "volume", "measure": str(sentence)}
        return {"month": of, **about, "is_anomaly": sentence is not None, "sentence": sentence}

    rows = [anomaly(JANUARY, "Old."), anomaly(FEBRUARY, "Half of the orders."), anomaly(FEBRUARY, None)]
    team.release(anomalies=rows, **period(JANUARY, date(2026, 3, 9)))
    assert titles(team) == ["[mine] Half of the orders."]


def test_a_model_that_is_newly_refused(team: AlertShop) -> None:
    def cards(**statuses: str) -> list[dict[str, Any]]:
        return [{"model": model, "status": status, "reason": f"{model} is weak."} for model, status in statuses.items()]

    team.release(model_cards=cards(churn="published", segments="refused"))
    assert titles(team) == [], "refused from the start"
    first = team.release(model_cards=cards(churn="refused", segments="refused"))
    team.release(model_cards=cards(churn="refused", segments="refused", new="refused"))
    assert titles(team) == [f"[mine] The model churn is refused since release {first.number}; it was published before."]


def test_a_damaged_table_does_not_hide_a_failed_build(team: AlertShop) -> None:
    team.release(model_cards=[{"model": "churn", "status": "refused", "reason": "weak"}])
    next((team.folder / "data/mine/_store/gold/model_cards").glob("*.parquet")).write_bytes(b"x")
    team.fail("The disk is full.")
    result = notify(team.site)
    assert [message.title for _, message in result.sent] == ["[mine] The build failed at gold/rfm: The disk is full."]
    assert len(result.failures) == 1 and "Run `ecom-lake repair` to rebuild it." in result.failures[0]


@pytest.mark.parametrize("rule", ["build_failed", "not_released", "freshness", "anomaly", "target", "model_refused"])
def test_each_rule_can_be_switched_off(team: AlertShop, rule: str) -> None:
    all_facts(team)
    if rule == "not_released":
        team.fail("x", refused=True)
    before = {message.rule for messages in due(team.site, None, NOW).messages.values() for message in messages}
    team.configure(channel(), shop=f"{SHOP}[shops.mine.alerts]\n{rule} = false\n")
    after = {message.rule for messages in due(team.site, None, NOW).messages.values() for message in messages}
    assert rule in before and after == before - {rule}


def all_facts(shop: AlertShop) -> None:
    """A fact of each rule."""
    shop.deliver(*(datetime(2026, 1, day) for day in range(1, 9)))
    shop.release(model_cards=[{"model": "churn", "status": "published", "reason": "strong"}])
    about = {"table_name": "orders", "column_name": "", "kind": "volume", "measure": "rows"}
    progress = {"is_complete": True, "target": 9.0, "reached": 1.0, "expected_so_far": 9.0, "status": "missed"}
    shop.release(
        model_cards=[{"model": "churn", "status": "refused", "reason": "weak"}],
        anomalies=[{"month": FEBRUARY, **about, "is_anomaly": True, "sentence": "Few orders."}],
        target_progress=[{"month": FEBRUARY, "kpi": "orders", **progress}],
        **period(FEBRUARY, date(2026, 3, 9)),
    )
    shop.fail("The disk is full.")


def test_a_rule_chooses_its_channels(team: AlertShop) -> None:
    anomaly = '[shops.mine.alerts]\nchannels = ["team"]\n[shops.mine.alerts.anomaly]\nchannels = ["ops", "team"]\n'
    team.configure(channel(), channel("ops"), shop=SHOP + anomaly)
    all_facts(team)
    found = {name: {one.rule for one in messages} for name, messages in due(team.site, None, NOW).messages.items()}
    assert found["ops"] == {"anomaly"} and found["team"] > {"anomaly", "build_failed"}


# ----------------------------------------------------------------------------------------------------------------- once each


def test_each_fact_is_sent_once_also_over_releases(team: AlertShop, hook: Receiver) -> None:
    team.configure(channel(), shop=f"{SHOP}[shops.mine.alerts.kpi.late_rate]\nabove = 0.1\n")
    for _ in range(3):
        team.release(kpi_monthly=[month(FEBRUARY, late_rate=0.5)], **period(FEBRUARY, date(2026, 3, 9)))
        notify(team.site, now=NOW)
    assert hook.titles == ["[mine] Late rate was 50.0% in February 2026, above 10.0%."]
    team.release(kpi_monthly=[month(FEBRUARY, late_rate=0.5), month(MARCH, late_rate=0.2)], **period(MARCH, date(2026, 4, 1)))
    notify(team.site, now=datetime(2026, 4, 2, tzinfo=UTC))
    assert len(hook.titles) == 2, "another month is another fact"


def test_a_channel_that_is_down_keeps_its_messages_and_does_not_delay_the_others(
    team: AlertShop, hook: Receiver, mailbox: Mailbox, mail_port: int
) -> None:
    mail = channel("bosses", kind="mail", host="127.0.0.1", port=mail_port, security="none", sender="a@b.de", to=["c@d.de"])
    team.configure(channel(), mail)
    all_facts(team)
    hook.answer = 503
    first = notify(team.site, now=NOW)
    assert first.failures == ["Channel 'team': the server answered 503. 5 messages are sent the next time."]
    assert len(mailbox.mails) == 5 and len(hook.posted) == 1, "a server that is down is asked once"
    hook.answer = 200
    second = notify(team.site, now=NOW)
    assert second.failures == [] and {name for name, _ in second.sent} == {"team"}
    assert len(mailbox.mails) == 5 and len(hook.posted) == 6


def test_a_message_that_is_refused_does_not_stop_the_next_one(team: AlertShop, hook: Receiver) -> None:
    all_facts(team)
    hook.answer = 400
    failed = notify(team.site, now=NOW)
    assert len(hook.posted) == 5
    assert failed.failures == ["Channel 'team': the server answered 400. 5 messages are sent the next time."]


def test_a_refused_message_and_then_a_channel_that_is_down_are_both_counted(team: AlertShop, hook: Receiver) -> None:
    all_facts(team)
    answers = iter((200, 400, 503))
    hook.before_answer = lambda: setattr(hook, "answer", next(answers))
    failed = notify(team.site, now=NOW)
    assert len(failed.sent) == 1 and failed.failures == [
        "Channel 'team': the server answered 400. 1 message is sent the next time.",
        "Channel 'team': the server answered 503. 3 messages are sent the next time.",
    ]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_no_file_still_lets_a_failed_build_be_reported(
    team: AlertShop, hook: Receiver, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """To every channel. The other messages need a claim, and wait for the disk."""
    team.environment["OPS_URL"] = hook.url
    team.configure(channel(), channel("ops"))
    all_facts(team)

    def full(store: LocalStore, path: str, data: bytes) -> bool:
        raise OSError(number, os.strerror(number), path)

    with monkeypatch.context() as patched:
        patched.setattr(LocalStore, "create", full)
        result = notify(team.site, now=NOW)
    assert [(name, message.rule) for name, message in result.sent] == [("team", "build_failed"), ("ops", "build_failed")]
    assert len(hook.posted) == 2 and len(result.failures) == 2
    assert result.failures[0].startswith(f"Channel 'team': {os.strerror(number)}. ")
    assert result.failures[0].endswith(" 4 messages are sent the next time.")
    assert len(notify(team.site, now=NOW).sent) == 10, "nothing was recorded: the failed build is sent once more"


@pytest.mark.parametrize("answer", ["550 unknown", "450 later"])
def test_a_mail_that_one_recipient_is_refused_fails_and_is_not_repeated_for_the_other(
    shop: AlertShop, mailbox: Mailbox, mail_port: int, answer: str
) -> None:
    to = ["manager@b.de", "owner@b.de"]
    shop.configure(channel("bosses", kind="mail", host="127.0.0.1", port=mail_port, security="none", sender="a@b.de", to=to))
    shop.fail("The disk is full.")
    mailbox.refuse_recipient, mailbox.refused_address = answer, "owner@b.de"
    assert notify(shop.site).failures == [
        f"Channel 'bosses': the server refused 1 recipient ({answer[:3]}): owner@b.de. The others have the mail."
    ]
    assert notify(shop.site).failures == []
    assert [envelope.rcpt_tos for envelope in mailbox.envelopes] == [["manager@b.de"]]


def test_a_server_that_is_too_slow_gets_no_second_copy_before_the_claim_ends(
    team: AlertShop, hook: Receiver, mailbox: Mailbox, mail_port: int
) -> None:
    """The servers have the whole message when the time limit of one second ends, and take it after that."""
    mail = channel(
        "bosses", kind="mail", host="127.0.0.1", port=mail_port, security="none", sender="a@b.de", to=["c@d.de"], seconds=1
    )
    team.configure(channel(seconds=1), mail)
    team.fail("The disk is full.")
    ended = threading.Event()
    hook.before_answer = mailbox.before_answer = lambda: ended.wait(60)
    slow = notify(team.site)
    assert [one.split(": ")[1].split(".")[0] for one in slow.failures] == ["no answer within 1 seconds"] * 2
    ended.set()
    assert notify(team.site).sent == [] and len(hook.posted) == len(mailbox.mails) == 1
    _let_claims_end(team)
    assert len(notify(team.site).sent) == 2 and notify(team.site).sent == []
    assert len({one.headers["Idempotency-Key"] for one in hook.posted}) == 1


def test_a_message_that_got_no_answer_three_times_is_not_sent_again(team: AlertShop, hook: Receiver) -> None:
    team.configure(channel(seconds=1))
    team.fail("The disk is full.")
    ended = threading.Event()
    hook.before_answer = lambda: ended.wait(60)
    failures = []
    for _ in range(3):
        failures.append(notify(team.site).failures)
        _let_claims_end(team)
    ended.set()
    no_answer = "Channel 'team': no answer within 1 seconds. 1 message is sent the next time."
    assert failures[:2] == [[no_answer]] * 2
    [given_up] = failures[2]
    title = "[mine] The build failed at gold/rfm: The disk is full."
    assert given_up.startswith(f"Channel 'team': '{title}' was sent 3 times without an answer, and is not sent again")
    again = notify(team.site)
    assert (again.sent, again.failures) == ([], [])


def test_a_server_that_takes_a_message_and_closes_the_connection_gets_three_copies(team: AlertShop, hook: Receiver) -> None:
    team.fail("The disk is full.")
    hook.raw = b""
    ended = "Channel 'team': the connection ended before the server answered. 1 message is sent the next time."
    assert notify(team.site).failures == [ended]
    assert notify(team.site).sent == [] and len(hook.posted) == 1, "the claim has not ended"
    _let_claims_end(team)
    assert notify(team.site).failures == [ended]
    _let_claims_end(team)
    [given_up] = notify(team.site).failures
    assert "was sent 3 times without an answer, and is not sent again" in given_up
    _let_claims_end(team)
    again = notify(team.site)
    assert (again.sent, again.failures, len(hook.posted)) == ([], [], 3)


def test_a_message_that_reached_no_server_waits_however_often(team: AlertShop) -> None:
    """The system takes the connection, and nobody greets: a firewall that drops packets looks the same."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        mail: dict[str, Any] = {
            "kind": "mail",
            "host": "127.0.0.1",
            "port": port,
            "sender": "lake@shop.example",
            "to": ["team@shop.example"],
        }
        team.configure(channel("team", seconds=1, **mail))
        team.fail("The disk is full.")
        failures = []
        for _ in range(4):
            failures += notify(team.site).failures
            _let_claims_end(team)
    assert failures == ["Channel 'team': no answer within 1 seconds. 1 message is sent the next time."] * 4


def test_eight_at_once_send_each_message_once(team: AlertShop, hook: Receiver) -> None:
    all_facts(team)
    together = threading.Barrier(8)

    def run() -> None:
        site = team.site
        together.wait()
        notify(site, now=NOW)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hook.posted) == 5 and len(set(hook.titles)) == 5
    assert not list((team.folder / "data/mine/_store/sent").rglob("*.claim-*"))


_KILLED = """
import os, signal, sys
from pathlib import Path
from ecom_lake.publish.alerts.notify import notify
from ecom_lake.publish.alerts.webhook import WebhookSender
from ecom_lake_tests.builders.alert_shop import AlertShop

deliver = WebhookSender.deliver
def dies(sender, message):
    deliver(sender, message)
    os.kill(os.getpid(), signal.SIGKILL)
WebhookSender.deliver = dies
notify(AlertShop(Path(sys.argv[1]), {"TEAM_URL": sys.argv[2]}).site)
"""


def test_a_kill_between_sending_and_recording_sends_again_under_the_same_key(team: AlertShop, hook: Receiver) -> None:
    """A process of its own, which takes some seconds to start."""
    team.fail("The disk is full.")
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(team.folder), hook.url], check=False)
    assert killed.returncode == -signal.SIGKILL and len(hook.posted) == 1
    assert notify(team.site).sent == [], "another process may be sending it"
    _let_claims_end(team)
    assert len(notify(team.site).sent) == 1 and notify(team.site).sent == []
    assert len({one.headers["Idempotency-Key"] for one in hook.posted}) == 1 and len(hook.posted) == 2


class KilledError(BaseException):
    """Ends a call as a kill does: no handler of the package catches it."""


@pytest.mark.parametrize(
    ("step", "ending", "sent_again"), [("create", ".claim-1", 1), ("create", ".sent", 0), ("delete", ".claim-1", 0)]
)
def test_an_end_after_any_other_step_loses_nothing_and_repeats_nothing(
    team: AlertShop, hook: Receiver, monkeypatch: pytest.MonkeyPatch, step: str, ending: str, sent_again: int
) -> None:
    team.fail("The disk is full.")
    done = getattr(LocalStore, step)

    def ends(store: LocalStore, path: str, *data: bytes) -> object:
        result = done(store, path, *data)
        if path.endswith(ending):
            raise KilledError
        return result

    with monkeypatch.context() as patched:
        patched.setattr(LocalStore, step, ends)
        with pytest.raises(KilledError):
            notify(team.site)
    assert len(hook.posted) == 1 - sent_again and notify(team.site).sent == []
    _let_claims_end(team)
    assert len(notify(team.site).sent) == sent_again and notify(team.site).sent == []
    assert len(hook.posted) == 1


def _let_claims_end(shop: AlertShop) -> None:
    ended = (datetime.now(UTC) - sent.CLAIM_ENDS - timedelta(seconds=1)).timestamp()
    for claim in (shop.folder / "data/mine/_store/sent").rglob("*.claim-*"):
        os.utime(claim, (ended, ended))


# ---------------------------------------------------------------------------------------------------------------- no secrets


def test_no_secret_in_any_output(team: AlertShop, hook: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """The URL of a webhook and the password of a mail account: not in results, previews, logs, errors or the lake's files."""
    mail = channel(
        "bosses", kind="mail", host="127.0.0.1", port=1, user="me", password_env="MAIL_PASSWORD", sender="a@b.de", to=["c@d.de"]
    )
    team.configure(channel(), mail)
    team.environment["MAIL_PASSWORD"] = "hush-s3cret"
    all_facts(team)
    hook.answer = 500
    with caplog.at_level("DEBUG"):
        results: list[Callable[[], object]] = [
            lambda: due(team.site, None, NOW),
            lambda: notify(team.site, now=NOW),
            lambda: team.site.shop,
            lambda: setattr(hook, "answer", 200),
            lambda: notify(team.site, now=NOW),
        ]
        said = "".join(repr(result()) for result in results)
    assert "***" in said
    assert "s3cret" not in said + caplog.text
    assert b"s3cret" not in team.files()
