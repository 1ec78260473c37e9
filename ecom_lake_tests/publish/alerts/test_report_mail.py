"""The report by mail: once for each tick, with what changed since the one before.

Also without a PDF that cannot be made. The workbook is attached in cli/test_notify.py.
"""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage
from typing import Any

import pytest

from ecom_lake.errors import UsageError
from ecom_lake.publish import report_file
from ecom_lake.publish.alerts.report_mail import preview, send_report
from ecom_lake_tests.builders.alert_shop import SHOP, AlertShop, Mailbox, channel

REPORT = '[shops.mine.scheduled_report]\nschedule = "0 7 * * 1"\nchannels = ["bosses"]\nattach = ["html", "pdf"]\n'
TICK = "2026-03-09T07:00:00+00:00"


@pytest.fixture
def bosses(shop: AlertShop, mail_port: int, monkeypatch: pytest.MonkeyPatch) -> AlertShop:
    """A shop whose machine has no Chromium."""
    monkeypatch.setattr(report_file, "BROWSERS", ())
    mail = channel("bosses", kind="mail", host="127.0.0.1", port=mail_port, security="none", sender="a@b.de", to=["c@d.de"])
    shop.configure(mail, shop=SHOP + REPORT)
    return shop


def release(shop: AlertShop, orders: float) -> int:
    insight: dict[str, Any] = {
        "insight_id": "x",
        "rank": 1,
        "statement": "=cmd() <b>late</b>\r\nBcc: x@y.z",
        "action": "Call them.",
    }
    return shop.release(
        kpi_summary=[
            {"metric": "orders", "value": orders, "unit": "count"},
            {"metric": "late_rate", "value": 0.1, "unit": "share"},
        ],
        insights=[{**insight, "status": "shown"}, {**insight, "rank": 2, "status": "not enough evidence", "statement": "Weak."}],
    ).number


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    text: str = part.get_content()
    return text


def test_the_first_report(bosses: AlertShop, mailbox: Mailbox) -> None:
    number = release(bosses, 100)
    assert send_report(bosses.site, TICK).failures == []
    [mail] = mailbox.mails
    assert mail["Subject"] == f"[mine] Report of release {number}, {date.today():%Y-%m-%d}" and mail["Bcc"] is None
    assert [one.get_filename() for one in mail.iter_attachments()] == [f"mine-release-{number}.html"]
    lines = body(mail).splitlines()
    assert lines[0].startswith(f"Report of the shop mine: release {number} of ")
    assert "- This is the first report that was sent: there is nothing to compare with." in lines
    assert "- =cmd() <b>late</b> Bcc: x@y.z Call them." in lines and "Weak." not in body(mail)
    assert lines[-1].startswith("- The PDF file is left out: A PDF needs Chromium, which is not installed")


def test_once_for_each_tick_and_what_changed_since(bosses: AlertShop, mailbox: Mailbox) -> None:
    first = release(bosses, 100)
    for _ in range(2):
        send_report(bosses.site, TICK)
    assert len(mailbox.mails) == 1
    send_report(bosses.site, "2026-03-16T07:00:00+00:00")
    assert f"- Nothing: release {first} was reported before." in body(mailbox.mails[1])
    release(bosses, 1_200)
    send_report(bosses.site, "2026-03-23T07:00:00+00:00")
    assert len(mailbox.mails) == 3
    lines = body(mailbox.mails[2]).splitlines()
    changes = lines[lines.index("What changed") + 1 : lines.index("What to do") - 1]
    assert changes == [f"- Since release {first}, which was reported last:", "- orders: 100 → 1,200"]


def test_a_reported_release_that_is_no_longer_kept(bosses: AlertShop, mailbox: Mailbox) -> None:
    first = release(bosses, 100)
    send_report(bosses.site, TICK)
    release(bosses, 1_200)
    bosses.site.lake.log.delete(first)
    assert send_report(bosses.site).failures == []
    assert f"- Release {first}, which was reported last, is no longer kept" in body(mailbox.mails[1])


def test_a_server_that_is_down_gets_it_the_next_time(bosses: AlertShop, mailbox: Mailbox) -> None:
    release(bosses, 100)
    mailbox.refuse_data = "451 later"
    failed = send_report(bosses.site, TICK)
    assert failed.failures == ["Channel 'bosses': the server refused the mail (451). 1 message is sent the next time."]
    mailbox.refuse_data = ""
    assert len(send_report(bosses.site, TICK).sent) == len(mailbox.mails) == 1


def test_a_release_between_two_tries_is_no_second_report(bosses: AlertShop, mailbox: Mailbox) -> None:
    release(bosses, 100)
    send_report(bosses.site, TICK)
    release(bosses, 1_200)
    assert send_report(bosses.site, TICK).sent == [] and len(mailbox.mails) == 1


def test_sending_by_hand_sends_each_time(bosses: AlertShop, mailbox: Mailbox) -> None:
    release(bosses, 100)
    for _ in range(2):
        assert len(send_report(bosses.site).sent) == 1
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 2


def test_the_preview_sends_and_records_nothing(bosses: AlertShop, mailbox: Mailbox) -> None:
    number = release(bosses, 100)
    message = preview(bosses.site)
    assert message.title.startswith(f"[mine] Report of release {number}") and not mailbox.mails
    assert not (bosses.folder / "data/mine/_store/sent").exists()


def test_a_shop_without_a_report(shop: AlertShop) -> None:
    shop.configure()
    shop.release()
    with pytest.raises(UsageError, match=r"Shop 'mine' has no report to send: add \[shops\.mine\.scheduled_report\]"):
        send_report(shop.site)
