"""The sections of lake.toml about channels, alerts and the scheduled report, as settings.py reads them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from ecom_lake.engine.alerts import RULES, Freshness, Mail, TargetRule, Webhook
from ecom_lake.engine.config import Settings
from ecom_lake.errors import UserError
from ecom_lake.settings import load
from ecom_lake_tests.project import PROJECT

SHOP = '[shops.mine]\nconnector = "canonical"\n'
HOOK = '[channels.team]\nkind = "webhook"\nurl_env = "TEAM"\n'
MAIL = '[channels.bosses]\nkind = "mail"\nhost = "mail.example.com"\nsender = "a@b.de"\nto = ["c@d.de"]\n'
MAIL_WITH = 'kind = "mail"\nhost = "h"\nsender = "a@b.de"\n{}'


def settings(folder: Path, text: str, **environment: str) -> Settings:
    (folder / "lake.toml").write_text(text, "utf-8")
    return load(str(folder), {"ECOM_LAKE_CONFIG": str(folder / "lake.toml"), **environment})


def test_the_examples_of_the_page_are_valid_and_name_every_rule(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (PROJECT / "docs/alerts.md").read_text("utf-8"), re.DOTALL)
    alerts = settings(tmp_path, SHOP + "".join(blocks), TEAM_WEBHOOK="https://x/", MAIL_PASSWORD="hush").shop("mine").alerts
    assert set(alerts.channels) == {"team", "managers", "phone"} and set(alerts.kpis) == {"late_rate", "net_sales_mom"}
    assert set(alerts.rules) == set(RULES) - {"anomaly"}
    written = "".join(blocks)
    assert all(f"[shops.mine.alerts.{rule}]" in written or f"{rule} = false" in written for rule in RULES)
    freshness, target = alerts.rules["freshness"], alerts.rules["target"]
    assert isinstance(freshness, Freshness) and freshness.no_delivery == timedelta(hours=36)
    assert isinstance(target, TargetRule) and [one.name for one in alerts.of(target)] == ["managers"]
    assert alerts.report and alerts.report.attach == ("html", "pdf", "xlsx")
    assert alerts.channels["team"].secret.reveal() == "https://x/"
    assert "hush" not in repr(alerts) and "https://x/" not in repr(alerts)


def test_with_one_channel_every_rule_is_on(tmp_path: Path) -> None:
    alerts = settings(tmp_path, HOOK + SHOP).shop("mine").alerts
    assert set(alerts.rules) == set(RULES) and alerts.kpis == {}
    assert [one.name for one in alerts.of(alerts.rules["anomaly"])] == ["team"]


def test_defaults_of_channels(tmp_path: Path) -> None:
    channels = settings(tmp_path, HOOK + MAIL + SHOP).shop("mine").alerts.channels
    hook, mail = channels["team"].settings, channels["bosses"].settings
    assert isinstance(hook, Webhook) and (hook.shape, hook.seconds) == ("json", 20)
    assert isinstance(mail, Mail) and (mail.security, mail.port, mail.seconds) == ("starttls", None, 60)


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ('kind = "fax"', "kind must be webhook, mail, apprise"),
        ('url_env = "A"', "kind must be webhook, mail, apprise"),
        ('kind = "webhook"', "url_env is missing."),
        ('kind = "webhook"\nurl_env = "https://hooks.example.com/s3cret"', "the secret itself does not belong into a file."),
        ('kind = "webhook"\nurl_env = "A"\nshpae = "slack"', "there is no setting 'shpae'; did you mean 'shape'?"),
        ('kind = "webhook"\nurl_env = "A"\nshape = "irc"', "shape must be 'json', 'slack' or 'teams', not 'irc'."),
        ('kind = "webhook"\nurl_env = "A"\nseconds = 0', "seconds must be at least 1, not 0."),
        ('kind = "webhook"\nurl_env = "A"\nseconds = 121', "seconds must be at most 120, not 121."),
        (MAIL_WITH.format('to = ["c@d.de"]\nport = 70000'), "port must be at most 65,535, not 70000."),
        (MAIL_WITH.format('to = "c@d.de"'), 'to must be a list of mail addresses, such as ["team@example.com"]'),
        (MAIL_WITH.format('to = ["c@d.de\\nBcc: x@y.z"]'), "to must be a mail address such as lake@example.com"),
        (MAIL_WITH.format('to = ["c@d.de, x@y.z"]'), "to must be a mail address such as lake@example.com"),
        (MAIL_WITH.format('to = ["c@d.de"]\nuser = "me"'), "user and password_env belong together"),
        (
            MAIL_WITH.format('to = ["c@d.de"]\nuser = "me"\npassword_env = "P"\nsecurity = "none"'),
            'security = "none" would send the password unencrypted',
        ),
        ('kind = "mail"\nhost = "a b"\nsender = "a@b.de"\nto = ["c@d.de"]', "host must be the name of a mail server"),
    ],
)
def test_an_invalid_channel_is_one_sentence(tmp_path: Path, channel: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        settings(tmp_path, f"[channels.team]\n{channel}\n{SHOP}")
    assert str(error.value).startswith(f"[channels.team] in {tmp_path / 'lake.toml'}: ")
    assert sentence in str(error.value) and "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("[shops.mine.alerts]\nanomoly = false", "there is no setting 'anomoly'; did you mean 'anomaly'?"),
        ("[shops.mine.alerts]\nanomaly = 1", "[shops.mine.alerts.anomaly] in lake.toml must be a table of settings."),
        (
            '[shops.mine.alerts]\nchannels = ["tema"]',
            "names the channel 'tema', which is not in lake.toml; the channels are team",
        ),
        ('[shops.mine.alerts.target]\nchannels = ["x"]', "names the channel 'x', which is not in lake.toml"),
        ('[shops.mine.alerts.freshness]\nno_delivery = "soon"', 'no_delivery must be a time such as "2 days"'),
        ("[shops.mine.alerts.target]\noff_track = 1", "off_track must be true or false, not 1."),
        ("[shops.mine.alerts.kpi.late_rat]\nabove = 1", "'late_rat' is not a number of kpi_monthly; did you mean 'late_rate'?"),
        ("[shops.mine.alerts.kpi.month]\nabove = 1", "'month' is not a number of kpi_monthly"),
        ("[shops.mine.alerts.kpi.late_rate]", "above or below is missing"),
        ("[shops.mine.alerts.kpi.late_rate]\nabove = nan", "above must be a finite number, not nan."),
        ('[shops.mine.scheduled_report]\nschedule = "never"\nchannels = ["bosses"]', "schedule must be a cron expression"),
        ('[shops.mine.scheduled_report]\nschedule = "@daily"\nchannels = ["team"]', "a report is sent by mail only."),
        ('[shops.mine.scheduled_report]\nschedule = "@daily"', "channels is missing."),
        (
            '[shops.mine.scheduled_report]\nschedule = "@daily"\nchannels = ["bosses"]\nattach = ["doc"]',
            'attach must be a list of "html", "pdf" and "xlsx"',
        ),
    ],
)
def test_an_invalid_rule_leaves_out_the_shop_with_one_sentence(tmp_path: Path, section: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        settings(tmp_path, f"{HOOK}{MAIL}{SHOP}{section}\n").shop("mine")
    assert sentence in str(error.value).replace(str(tmp_path / "lake.toml"), "lake.toml")
