"""Which messages are due, and sending each of them once to each channel.

At least once: a message is recorded after its channel took it. A process that is killed in between leaves a claim, and the
message is sent again when the claim has ended, with the same key (engine/store/sent.py, docs/decisions/0059); so is a message
that reached a server and got no answer, within the time limit or before the connection ended, up to three times. The messages of
a channel that is down wait for the next time; the other channels are not affected.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ecom_lake import logs
from ecom_lake.engine.alerts import ADD_CHANNEL, AppriseService, Channel, FailedRun, Mail, Webhook
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.sent import Sent
from ecom_lake.errors import UsageError, UserError, disk_trouble
from ecom_lake.publish.alerts.apprise_service import AppriseSender
from ecom_lake.publish.alerts.build_rules import build_facts
from ecom_lake.publish.alerts.channel import ChannelError, NoAnswerError, PartlyRefusedError, Sender
from ecom_lake.publish.alerts.mail import MailSender
from ecom_lake.publish.alerts.message import Fact, Message, message_of
from ecom_lake.publish.alerts.month_rules import month_facts
from ecom_lake.publish.alerts.webhook import WebhookSender
from ecom_lake.words import counted

_UNCLAIMED = ""
"""Instead of a claim: the message is sent without one, and not recorded."""
_SENDS = 3
"""After so many without an answer, a message counts as sent: a slow server may have taken each of them."""
_GIVEN_UP = (
    f"was sent {_SENDS} times without an answer, and is not sent again: look whether it arrived. Raise `seconds` if the server "
    "is slow."
)


@dataclass(frozen=True)
class Due:
    """The messages that were not sent yet, by channel, and why some facts could not be read."""

    messages: Mapping[str, Sequence[Message]]
    unread: Sequence[str] = ()


@dataclass
class Notified:
    sent: list[tuple[str, Message]] = field(default_factory=list)
    """Each with the name of its channel."""
    failures: list[str] = field(default_factory=list)
    """One sentence for each reason why a channel failed, and for facts that could not be read."""


def due(site: Site, failed: FailedRun | None = None, now: datetime | None = None) -> Due:
    """What `notify` would send. Writes nothing."""
    return _due(site, sent_of(site), failed, now or datetime.now(UTC))[0]


def notify(site: Site, failed: FailedRun | None = None, now: datetime | None = None) -> Notified:
    sent = sent_of(site)
    found, already_sent = _due(site, sent, failed, now or datetime.now(UTC))
    for channel, key in already_sent:
        sent.renew(channel, key)
    result = Notified(failures=list(found.unread))
    for name, messages in found.messages.items():
        send_messages(site.shop.alerts.channels[name], messages, sent, result)
    return result


def send_messages(channel: Channel, messages: Sequence[Message], sent: Sent, result: Notified) -> None:
    """Send the messages that no other process has sent or is sending; adds to the result."""
    sender, waiting = sender_of(channel), Counter[str]()
    for position, message in enumerate(messages):
        try:
            claim = _claim(channel, message, sent)
        except UserError as error:
            waiting[str(error)] += 1
            continue
        if claim is None:
            continue
        try:
            sender.send(message)
        except PartlyRefusedError as error:
            result.failures.append(f"Channel '{channel.name}': {error}")
            _record(channel, message, sent, claim, result)
        except NoAnswerError as error:
            logs.log_event("message failed", logging.WARNING, channel=channel.name, message=message.key, why=str(error))
            left = len(messages) - position
            if claim and sender.has_begun and sent.keep_claim(channel.name, message.key, claim) >= _SENDS:
                sent.record(channel.name, message.key, claim, _what(message))
                result.failures.append(f"Channel '{channel.name}': '{message.title}' {_GIVEN_UP}")
                left -= 1
            waiting[str(error)] += left
            break
        except UserError as error:
            if claim:
                sent.release_claim(claim)
            logs.log_event("message failed", logging.WARNING, channel=channel.name, message=message.key, why=str(error))
            if isinstance(error, ChannelError):
                waiting[str(error)] += len(messages) - position
                break
            waiting[str(error)] += 1
        else:
            _record(channel, message, sent, claim, result)
    for why, number in (+waiting).items():
        result.failures.append(f"Channel '{channel.name}': {why} {counted(number, 'message', 'is/are')} sent the next time.")


def _claim(channel: Channel, message: Message, sent: Sent) -> str | None:
    """As `Sent.claim`; _UNCLAIMED for a failed build where the disk takes no file: that may be what failed."""
    try:
        return sent.claim(channel.name, message.key)
    except OSError as error:
        without_file = OSError(error.errno, error.strerror)  # so that the reason is one for all messages
        if (why := disk_trouble(without_file)) is None:
            raise
        if message.rule != "build_failed":
            raise UserError(why) from None
        return _UNCLAIMED


def send_test(site: Site, channel: str) -> str:
    """Send a test message, which is not recorded; returns where it went."""
    channels = site.shop.alerts.channels
    if channel not in channels:
        known = f"it has {', '.join(channels)}" if channels else f"it has none: {ADD_CHANNEL}"
        raise UsageError(f"{site.shop.written.looked_for} has no channel '{channel}'; {known}.")
    sender = sender_of(channels[channel])
    fact = Fact("test", site.run, "This is a test message of ecom-lake.", ("Alerts of this shop come here.",))
    try:
        sender.send(message_of(fact, site.shop.name, site.lake.log.head().release))
    except UserError as error:
        raise UserError(f"Channel '{channel}': {error}") from None
    return sender.target


def sender_of(channel: Channel) -> Sender:
    match channel.settings:
        case Webhook():
            return WebhookSender(channel, channel.settings)
        case Mail():
            return MailSender(channel, channel.settings)
        case AppriseService():
            return AppriseSender(channel, channel.settings)


def sent_of(site: Site) -> Sent:
    return Sent(site.lake.store, site.shop.name, site.run)


def _due(site: Site, sent: Sent, failed: FailedRun | None, now: datetime) -> tuple[Due, list[tuple[str, str]]]:
    """What is due, and the channel and key of what still holds and was sent before."""
    facts, unread = _facts(site, failed, now)
    release = site.lake.log.head().release
    messages: dict[str, list[Message]] = {}
    already_sent: list[tuple[str, str]] = []
    for fact in facts:
        message = message_of(fact, site.shop.name, release)
        for channel in site.shop.alerts.of(fact.options):
            if sent.has(channel.name, message.key):
                already_sent.append((channel.name, message.key))
            else:
                messages.setdefault(channel.name, []).append(message)
    return Due(messages, unread), already_sent


def _facts(site: Site, failed: FailedRun | None, now: datetime) -> tuple[list[Fact], list[str]]:
    """All facts that hold now. A damaged table must not keep a failed build from being reported."""
    head = site.lake.log.head()
    release = site.lake.log.entry(head.release) if head.release else None
    found = list(build_facts(site, head, release, failed, now))
    try:
        return found + (list(month_facts(site, release, now)) if release else []), []
    except UserError as error:
        return found, [str(error)]


def _record(channel: Channel, message: Message, sent: Sent, claim: str, result: Notified) -> None:
    if claim:
        sent.record(channel.name, message.key, claim, _what(message))
    logs.log_event("message sent", channel=channel.name, message=message.key)
    result.sent.append((channel.name, message))


def _what(message: Message) -> Mapping[str, object]:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"title": message.title, "release": message.release, "at": at}
