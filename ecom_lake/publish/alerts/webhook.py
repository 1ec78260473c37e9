"""Webhooks: a POST of JSON, in the shape that the receiver takes.

Redirects are not followed, so that a message goes where the configuration says and nowhere else.
"""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ecom_lake.engine.alerts import Channel, Webhook
from ecom_lake.publish.alerts.channel import (
    CONNECTION_ENDED,
    ChannelError,
    MessageRefusedError,
    NoAnswerError,
    Sender,
    why_unreachable,
)
from ecom_lake.publish.alerts.message import Message

_LATER = {408, 425, 429}
"""Status codes after which the request is worth repeating later, as are those from 500."""
_MARKUP = re.compile(r"@|\](?=[(\[:])|:(?=//)|\bwww(?=\.)", re.IGNORECASE)
"""What a mention, a link, an image or an address needs in Markdown."""
_WORD_JOINER = "\u2060"


class WebhookSender(Sender):
    def __init__(self, channel: Channel, settings: Webhook) -> None:
        super().__init__(channel)
        self._settings = settings

    @property
    def target(self) -> str:
        return f"webhook, the URL in {self._settings.url_env}"

    def preview(self, message: Message) -> str:
        return json.dumps(_SHAPES[self._settings.shape](message), indent=1, ensure_ascii=False)

    def deliver(self, message: Message) -> None:
        body = json.dumps(_SHAPES[self._settings.shape](message)).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "ecom-lake", "Idempotency-Key": message.key}
        status = self._post(body, headers)
        if 200 <= status < 300:
            return
        if status in _LATER or status >= 500:
            raise ChannelError(f"the server answered {status}.")
        raise MessageRefusedError(f"the server answered {status}.")

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        url, seconds = self._url(), self._settings.seconds
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=seconds)
        try:
            connection.connect()
            self.has_begun = True
            connection.request("POST", f"{url.path or '/'}{f'?{url.query}' if url.query else ''}", body, headers)
            try:
                return connection.getresponse().status
            except ConnectionError:
                raise NoAnswerError(CONNECTION_ENDED) from None
        except (OSError, HTTPException, UnicodeError) as error:
            raise ChannelError(why_unreachable(error)) from None
        finally:
            connection.close()

    def _url(self) -> SplitResult:
        what = f"{self._settings.url_env} must be a URL such as https://HOST/PATH, without a user name or spaces."
        text = self.channel.secret.reveal()
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ChannelError(what)
        try:
            url = urlsplit(text)
            is_wrong = url.scheme not in ("http", "https") or not url.hostname or url.port == 0 or "@" in url.netloc
        except ValueError:
            is_wrong = True
        if is_wrong:
            raise ChannelError(what)
        return url


def _json(message: Message) -> dict[str, Any]:
    return {
        "id": message.key,
        "shop": message.shop,
        "rule": message.rule,
        "title": message.title,
        "text": message.text,
        "release": message.release,
    }


def _slack(message: Message) -> dict[str, Any]:
    """Without mentions, links and images, in Slack's markup and in the Markdown of Mattermost and Rocket.Chat.

    Emphasis of Markdown stays: it changes the looks of a text only."""
    text = _plain(_body(message)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def _teams(message: Message) -> dict[str, Any]:
    """An adaptive card. A text run, unlike a text block, has no Markdown; clients that know no runs may differ."""
    lines = _plain(_body(message)).split("\n")
    runs = [{"type": "TextRun", "text": line, "weight": "bolder" if line == lines[0] else "default"} for line in lines]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [{"type": "RichTextBlock", "inlines": [run]} for run in runs],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _body(message: Message) -> str:
    """The whole text, after the name of the shop: the title has its first sentence, cut to the length of a title."""
    return f"[{message.shop}] {message.text}"


def _plain(text: str) -> str:
    """With an invisible character where markup would begin: texts have names of files and values that others deliver."""
    return _MARKUP.sub(rf"\g<0>{_WORD_JOINER}", text)


_SHAPES = {"json": _json, "slack": _slack, "teams": _teams}
