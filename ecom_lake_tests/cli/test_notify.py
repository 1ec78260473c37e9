"""The command `notify`: what it prints, what it sends, and its exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ecom_lake.engine.build.step import trouble
from ecom_lake.publish import report_file
from ecom_lake_tests.builders.alert_shop import Mailbox, Receiver, channel, mail_server
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run

FAILED = "[olist] The build failed at gold/rfm: The disk is full."


@pytest.fixture
def lake(fresh_lake: BuiltLake, hook: Receiver, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[BuiltLake]:
    """The built shop with a webhook, a mail account and a report, and a failure since its release."""
    monkeypatch.setenv("TEAM_URL", hook.url)
    with mail_server(mailbox) as port:
        mail = channel("bosses", kind="mail", host="127.0.0.1", port=port, security="none", sender="a@b.de", to=["c@d.de"])
        report = (
            '[shops.olist.scheduled_report]\nschedule = "@monthly"\nchannels = ["bosses"]\nattach = ["html", "pdf", "xlsx"]\n'
        )
        rules = '[shops.olist.alerts]\nchannels = ["team"]\nanomaly = false\n'
        fresh_lake.config.write_text(fresh_lake.config.read_text("utf-8") + channel() + mail + rules + report, "utf-8")
        trouble.keep(fresh_lake.site(), "gold/rfm", "failed", ["The disk is full."], [])
        yield fresh_lake


def test_dry_run_then_send_then_nothing(lake: BuiltLake, hook: Receiver, run: Run) -> None:
    shown = run("notify", "--dry-run", at=lake)
    assert (shown.code, shown.out.splitlines()[0]) == (0, "To team (webhook, the URL in TEAM_URL):")
    assert shown.out.splitlines()[-1] == "1 message would be sent." and f'"title": "{FAILED}"' in shown.out
    planned = run("notify", "--dry-run", "--json", at=lake).json
    assert [one["channel"] for one in planned["due"]] == ["team"] and not hook.posted
    sent = run("notify", at=lake)
    assert (sent.code, sent.out) == (0, f"team: {FAILED}\n1 message sent.\n")
    assert hook.titles == [FAILED] and hook.posted[0].body["id"] == planned["due"][0]["key"]
    again = run("notify", "--json", at=lake)
    assert (again.code, again.json) == (0, {"shop": "olist", "sent": [], "failures": []})
    assert "s3cret" not in shown.out + sent.out + again.out


def test_a_channel_that_is_down(lake: BuiltLake, hook: Receiver, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.answer = 500
    down = run("notify", at=lake)
    assert (down.code, down.out) == (1, "0 messages sent.\n")
    assert " ".join(down.err.split()) == "Channel 'team': the server answered 500. 1 message is sent the next time."
    monkeypatch.delenv("TEAM_URL")
    unset = run("notify", at=lake)
    assert unset.code == 1 and "Channel 'team': TEAM_URL is not set in this environment." in " ".join(unset.err.split())


def test_a_test_message(lake: BuiltLake, hook: Receiver, mailbox: Mailbox, run: Run) -> None:
    for _ in range(2):
        sent = run("notify", "--test", "bosses", at=lake)
        assert (sent.code, sent.out) == (0, "bosses: sent to mail to c@d.de by 127.0.0.1.\n")
    assert [mail["Subject"] for mail in mailbox.mails] == ["[olist] This is a test message of ecom-lake."] * 2
    hook.answer = 500
    failed = run("notify", "--test", "team", at=lake)
    assert (failed.code, failed.err) == (1, "Channel 'team': the server answered 500.\n")
    unknown = run("notify", "--test", "nobody", at=lake)
    assert unknown.code == 2 and "has no channel 'nobody'; it has team, bosses." in " ".join(unknown.err.split())


def test_the_report(lake: BuiltLake, mailbox: Mailbox, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the workbook of a real release; the PDF is left out where Chromium is missing."""
    monkeypatch.setattr(report_file, "BROWSERS", ())
    number = lake.site().lake.log.head().release
    draft = tmp_path / "draft"
    written = run("notify", "--report", "--dry-run", "--out", str(draft), at=lake)
    assert (written.code, " ".join(written.out.split())) == (0, f"Nothing was sent. The mail and 2 files are in {draft}.")
    files = [f"olist-release-{number}.html", f"olist-release-{number}.xlsx"]
    assert sorted(path.name for path in draft.iterdir()) == ["mail.txt", *files] and not mailbox.mails
    assert f"Subject: [olist] Report of release {number}, " in (draft / "mail.txt").read_text("utf-8")
    sent = run("notify", "--report", at=lake)
    assert sent.code == 0 and sent.out.endswith("1 message sent.\n")
    attached = {one.get_filename(): one.get_content() for one in mailbox.mails[0].iter_attachments()}
    assert list(attached) == files
    assert attached[files[1]] == (draft / files[1]).read_bytes(), "the same release gives the same bytes"


def test_wrong_usage(lake: BuiltLake, built_lake: BuiltLake, run: Run) -> None:
    for arguments in (("--test", "team", "--dry-run"), ("--out", "x"), ("--report", "--out", "x")):
        assert run("notify", *arguments, at=lake).code == 2, arguments
    none = run("notify", at=built_lake)
    assert none.code == 2 and 'has no channel to send to: add [channels.team] with kind = "webhook"' in " ".join(none.err.split())
    assert run("notify", "--report", at=built_lake).code == 2
