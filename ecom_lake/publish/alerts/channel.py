"""What each channel has in common: errors in one sentence without secrets, and a time limit that nothing exceeds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Thread
from time import monotonic

from ecom_lake.engine.alerts import Channel
from ecom_lake.errors import UserError
from ecom_lake.publish.alerts.message import Message


class ChannelError(UserError):
    """The channel cannot be used now: other messages would fail as well."""


class NoAnswerError(ChannelError):
    """No answer within the time limit, or a connection that ended before it: the message may arrive all the same."""


class MessageRefusedError(UserError):
    """The channel works, but refuses this message."""


class PartlyRefusedError(UserError):
    """Some recipients have the message, the others were refused: sending it again would repeat it for the former."""


class Sender(ABC):
    """Sends the messages of one channel."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.has_begun = False
        """Whether the server may have the message that is being sent; a channel that cannot know says no."""

    @property
    @abstractmethod
    def target(self) -> str:
        """Where messages go, without secrets."""

    @abstractmethod
    def preview(self, message: Message) -> str:
        """Exactly what would be sent."""

    @abstractmethod
    def deliver(self, message: Message) -> None:
        """Send, or raise ChannelError, MessageRefusedError or PartlyRefusedError."""

    def send(self, message: Message) -> None:
        if self.channel.settings.variable and not self.channel.secret:
            raise ChannelError(f"{self.channel.settings.variable} is not set in this environment.")
        self.has_begun = False
        try:
            within(self.channel.settings.seconds, lambda: self.deliver(message))
        except UserError:
            raise
        except Exception as error:  # of a library: its message may have the secret
            raise ChannelError(f"failed with {type(error).__name__}.") from None


def within(seconds: float, call: Callable[[], None]) -> None:
    """Call, and wait for so long at most: a server that sends one byte at a time would outlive the time limit of its socket.

    A call that takes longer goes on in a thread that ends with the process: its message may arrive later. A failure that comes
    no earlier than the limit is the time limit of the socket, so its message may arrive later too."""
    failures: list[Exception] = []

    def work() -> None:
        try:
            call()
        except Exception as error:
            failures.append(error)

    started = monotonic()
    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive() or (failures and monotonic() - started >= seconds):
        raise NoAnswerError(f"no answer within {seconds:g} seconds.")
    if failures:
        raise failures[0]


CONNECTION_ENDED = "the connection ended before the server answered."


def why_unreachable(error: Exception) -> str:
    """An error of the network in a few words of our own: its message may have the URL."""
    if isinstance(error, TimeoutError):
        return "no answer in time."
    if type(error).__name__ == "SSLCertVerificationError":
        return "its certificate is not valid for this address, or is signed by an authority that this machine does not know."
    known = {"gaierror": "its name is unknown", "ConnectionRefusedError": "nothing answers there"}
    return f"cannot be reached: {known.get(type(error).__name__, type(error).__name__)}."
