"""Apprise against a real server, by its JSON service."""

from __future__ import annotations

import logging
import sys

import pytest

from ecom_lake.engine.alerts import AppriseService, Channel
from ecom_lake.engine.store.access import Secret
from ecom_lake.publish.alerts.apprise_service import AppriseSender
from ecom_lake.publish.alerts.channel import ChannelError
from ecom_lake.publish.alerts.message import Fact, message_of
from ecom_lake_tests.builders.alert_shop import Receiver

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the services that Apprise imports
MESSAGE = message_of(Fact("anomaly", "x", "<b>Too</b> many", ("Next.",)), "mine", 7)


def sender(url: str) -> AppriseSender:
    settings = AppriseService(kind="apprise", url_env="PHONE_URL")
    return AppriseSender(Channel("phone", settings, Secret(url)), settings)


def test_a_message_arrives(hook: Receiver) -> None:
    sender(hook.url.replace("http:", "json:")).send(MESSAGE)
    [posted] = hook.posted
    assert posted.body["title"] == "[mine] <b>Too</b> many"
    assert posted.body["message"].splitlines() == ["<b>Too</b> many", "Next.", "Readers see release 7."]


def test_failures_show_no_url(hook: Receiver, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    hook.answer = 500
    with caplog.at_level(logging.DEBUG), pytest.raises(ChannelError, match=r"^the service did not take the message\.$"):
        sender(hook.url.replace("http:", "json:")).send(MESSAGE)
    with caplog.at_level(logging.DEBUG), pytest.raises(ChannelError, match=r"^PHONE_URL is not a URL that Apprise knows\.$"):
        sender("no-service://s3cret").send(MESSAGE)
    said = capfd.readouterr()
    assert "s3cret" not in said.out + said.err + caplog.text


@pytest.mark.parametrize("second", [" {url}b", ", {url}b"])
def test_several_receivers_are_refused(hook: Receiver, second: str) -> None:
    """If one of them failed, the message would be sent to the others again and again."""
    url = hook.url.replace("http:", "json:")
    with pytest.raises(ChannelError, match=r"^PHONE_URL names several receivers: make one channel for each\.$"):
        sender(f"{url}{second.format(url=url)}").send(MESSAGE)
    with pytest.raises(ChannelError, match="names several receivers"):
        sender("mailto://user:hush@127.0.0.1:1?from=a@example.com&to=b@example.com,c@example.com&retry=2").send(MESSAGE)
    assert hook.posted == []
    sender(f"{url}?retry=2").send(MESSAGE)
    assert len(hook.posted) == 1


def test_without_the_extra_the_channel_fails_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ChannelError, match=r"A channel of the kind apprise needs ecom-lake\[apprise\]"):
        sender("json://127.0.0.1/").send(MESSAGE)
