"""Every other service, by the library Apprise."""

from __future__ import annotations

import logging

from ecom_lake.engine.alerts import AppriseService, Channel
from ecom_lake.extras import why_missing
from ecom_lake.publish.alerts.channel import ChannelError, Sender
from ecom_lake.publish.alerts.message import Message

_QUIET = ("apprise", "requests_oauthlib", "urllib3")
"""Loggers whose messages may have parts of the URL."""


class AppriseSender(Sender):
    def __init__(self, channel: Channel, settings: AppriseService) -> None:
        super().__init__(channel)
        self._settings = settings

    @property
    def target(self) -> str:
        return f"Apprise, the URL in {self._settings.url_env}"

    def preview(self, message: Message) -> str:
        return f"{message.title}\n\n{message.text}"

    def deliver(self, message: Message) -> None:
        if why := why_missing("apprise", "A channel of the kind apprise"):
            raise ChannelError(why)
        import apprise

        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        service = apprise.Apprise()
        if not service.add(self.channel.secret.reveal()):
            raise ChannelError(f"{self._settings.url_env} is not a URL that Apprise knows.")
        if sum(len(one) // (one.retry + 1) for one in service) > 1:  # the length of a service counts its retries
            raise ChannelError(f"{self._settings.url_env} names several receivers: make one channel for each.")
        if not service.notify(body=message.text, title=message.title, body_format=apprise.NotifyFormat.TEXT):
            raise ChannelError("the service did not take the message.")
