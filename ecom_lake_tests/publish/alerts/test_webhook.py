"""Webhooks against a real server: shapes, answers, time limits, and no secret in any message."""

from __future__ import annotations

import json
import re
import socket
import threading
from typing import Any

import pytest

from ecom_lake.engine.alerts import Channel, Webhook
from ecom_lake.engine.store.access import Secret
from ecom_lake.publish.alerts.channel import ChannelError, MessageRefusedError, NoAnswerError
from ecom_lake.publish.alerts.message import Fact, message_of
from ecom_lake.publish.alerts.webhook import WebhookSender
from ecom_lake_tests.builders.alert_shop import Receiver

HOSTILE = "A <!channel> & *bold* [link](http://x)\r\nBcc: evil@example.com\x1b[31m \u202eabc"
MESSAGE = message_of(Fact("anomaly", "2024-01 x", HOSTILE, ("Next <line>",)), "mine", 7)


def sender(url: str, **options: Any) -> WebhookSender:
    settings = Webhook(kind="webhook", url_env="TEAM_URL", **options)
    return WebhookSender(Channel("team", settings, Secret(url)), settings)


def test_json_has_every_field_and_the_key_of_the_message(hook: Receiver) -> None:
    sender(hook.url).send(MESSAGE)
    [posted] = hook.posted
    assert posted.path == "/hook/s3cret"
    assert posted.headers["Idempotency-Key"] == posted.body["id"] == MESSAGE.key
    assert (posted.body["shop"], posted.body["rule"], posted.body["release"]) == ("mine", "anomaly", 7)
    assert posted.body["title"].startswith(
        "[mine] A <!channel> & *bold* [link](http://x) Bcc: evil@example.com\\x1b[31m \\u202eabc"
    )
    assert posted.body["text"].splitlines()[1:] == ["Next <line>", "Readers see release 7."]


def test_slack_gets_text_without_markup_or_mentions(hook: Receiver) -> None:
    sender(hook.url, shape="slack").send(MESSAGE)
    [posted] = hook.posted
    assert posted.body["mrkdwn"] is False
    assert posted.body["text"].startswith("[mine] A &lt;!channel&gt; &amp; *bold*")
    assert "<" not in posted.body["text"]


def test_teams_gets_a_card_of_text_runs_which_have_no_markdown(hook: Receiver) -> None:
    sender(hook.url, shape="teams").send(MESSAGE)
    [attachment] = hook.posted[0].body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    blocks = attachment["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    assert [run["text"] for block in blocks for run in block["inlines"]][1:] == ["Next <line>", "Readers see release 7."]


@pytest.mark.parametrize("shape", ["slack", "teams"])
@pytest.mark.parametrize(
    ("delivered", "markup"),
    [
        ("@all @channel @here.csv", r"@\w"),
        ("![a](http://evil/x.png) [b](javascript:x)", r"\]\(|://"),
        ("![a][b] and [b]: /x.png", r"\]\[|\]:"),
        ("HTTPS://evil/x.png www.evil.com Www.evil.com", r"(?i)://|www\."),
    ],
)
def test_a_delivered_text_mentions_nobody_and_shows_no_image(hook: Receiver, shape: str, delivered: str, markup: str) -> None:
    """Mattermost and Rocket.Chat take Slack's shape, render Markdown and expand mentions."""
    assert re.search(markup, delivered)
    sender(hook.url, shape=shape).send(message_of(Fact("build_failed", "1", delivered, (delivered,)), "mine", 7))
    [posted] = hook.posted
    cards = [one["content"]["body"] for one in posted.body.get("attachments", [])]
    text = posted.body.get("text") or "\n".join(run["text"] for card in cards for block in card for run in block["inlines"])
    assert not re.search(markup, text)
    assert text.replace("\u2060", "").splitlines()[:2] == [f"[mine] {delivered}", delivered], "it reads the same"


@pytest.mark.parametrize("shape", ["json", "slack", "teams"])
def test_a_reason_that_is_longer_than_a_title_arrives_whole(hook: Receiver, shape: str) -> None:
    reason = f"The build failed: {'x' * 300} and {'y' * 1_000}."
    sender(hook.url, shape=shape).send(message_of(Fact("build_failed", "1", reason, ("Next.",)), "mine", 7))
    sent = json.dumps(hook.posted[0].body)
    assert reason in sent and sent.count("Next.") == 1


def test_the_preview_is_what_is_sent(hook: Receiver) -> None:
    for shape in ("json", "slack", "teams"):
        sender(hook.url, shape=shape).send(MESSAGE)
        assert json.loads(sender(hook.url, shape=shape).preview(MESSAGE)) == hook.posted[-1].body


@pytest.mark.parametrize(
    ("answer", "error"), [(500, ChannelError), (429, ChannelError), (400, MessageRefusedError), (404, MessageRefusedError)]
)
def test_an_answer_that_is_no_success(hook: Receiver, answer: int, error: type[Exception]) -> None:
    hook.answer = answer
    with pytest.raises(error, match=f"^the server answered {answer}\\.$"):
        sender(hook.url).send(MESSAGE)


def test_a_redirect_is_not_followed(hook: Receiver) -> None:
    hook.answer, hook.location = 307, hook.url.replace("/hook", "/elsewhere")
    with pytest.raises(MessageRefusedError, match="the server answered 307"):
        sender(hook.url).send(MESSAGE)
    assert [one.path for one in hook.posted] == ["/hook/s3cret"]


def test_a_server_that_answers_nothing_and_one_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(ChannelError, match=r"^no answer"):
            sender(f"http://127.0.0.1:{port}/s3cret", seconds=1).send(MESSAGE)
    with pytest.raises(ChannelError, match=r"^cannot be reached: nothing answers there\.$"):
        sender(f"http://127.0.0.1:{port}/s3cret").send(MESSAGE)


@pytest.mark.parametrize(
    ("raw", "error", "sentence"),
    [
        (b"", NoAnswerError, "the connection ended before the server answered."),
        (b"SSH-2.0-OpenSSH_9.6\r\n", ChannelError, "cannot be reached: BadStatusLine."),
    ],
)
def test_a_server_that_closes_the_connection(hook: Receiver, raw: bytes, error: type[Exception], sentence: str) -> None:
    """Without a word it may have taken the message; one that speaks another protocol has not."""
    hook.raw = raw
    with pytest.raises(ChannelError) as raised:
        sender(hook.url).send(MESSAGE)
    assert (type(raised.value), str(raised.value)) == (error, sentence)
    assert len(hook.posted) == 1


def test_a_server_that_sends_one_byte_at_a_time_is_not_waited_for() -> None:
    """Each byte comes within the time limit of the socket: only the limit of the whole message ends this."""
    ended = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            while not ended.wait(0.2):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        with pytest.raises(ChannelError, match=r"^no answer within 1 seconds\.$"):
            sender(f"http://127.0.0.1:{listening.getsockname()[1]}/", seconds=1).send(MESSAGE)
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/s3cret",
        "file:///etc/s3cret",
        "127.0.0.1/s3cret",
        "http:///s3cret",
        "https://me:s3cret@127.0.0.1/",
        "http://127.0.0.1:99999/s3cret",
        "http://127.0.0.1/s3cret\r\nX-Evil: 1",
        "http://127.0.0.1/s3cret x",
        "http://[s3cret/",
    ],
)
def test_a_url_that_cannot_be_one_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ChannelError, match=r"^TEAM_URL must be a URL such as https://HOST/PATH") as error:
        sender(url).send(MESSAGE)
    assert "s3cret" not in str(error.value)


def test_a_variable_that_is_not_set() -> None:
    with pytest.raises(ChannelError, match=r"^TEAM_URL is not set in this environment\.$"):
        sender("").send(MESSAGE)


def test_a_certificate_that_nobody_signed_is_refused(hook: Receiver) -> None:
    with pytest.raises(ChannelError, match="cannot be reached: SSLError"):
        sender(hook.url.replace("http:", "https:")).send(MESSAGE)
