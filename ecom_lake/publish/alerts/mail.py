"""Mails over SMTP, with STARTTLS or TLS. Plain text, with attachments."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any

from ecom_lake.engine.alerts import PORTS, Channel, Mail
from ecom_lake.publish.alerts.channel import (
    CONNECTION_ENDED,
    ChannelError,
    MessageRefusedError,
    NoAnswerError,
    PartlyRefusedError,
    Sender,
    why_unreachable,
)
from ecom_lake.publish.alerts.message import Message
from ecom_lake.words import counted

_GOODBYE_SECONDS = 2


class _Server(smtplib.SMTP):
    has_mail = False
    """Whether the server was sent a whole mail, and not only commands."""

    def send(self, s: Any) -> None:
        super().send(s)
        self.has_mail = self.has_mail or isinstance(s, bytes)  # commands are texts


class _TLSServer(_Server, smtplib.SMTP_SSL):
    """Encrypted from the start."""


class MailSender(Sender):
    def __init__(self, channel: Channel, settings: Mail) -> None:
        super().__init__(channel)
        self._settings = settings

    @property
    def target(self) -> str:
        return f"mail to {', '.join(self._settings.to)} by {self._settings.host}"

    def preview(self, message: Message) -> str:
        mail = self._mail(message)
        names = [f"Attached: {one.name} ({len(one.content) / 1e3:,.0f} kB)" for one in message.attachments]
        headers = [f"{name}: {mail[name]}" for name in ("From", "To", "Subject", "Message-ID")]
        return "\n".join((*headers, *names, "", message.text))

    def deliver(self, message: Message) -> None:
        mail = self._mail(message)
        try:
            server = self._connected()
            self.has_begun = True
            try:
                refused = server.send_message(mail, self._settings.sender, self._settings.to)
            except smtplib.SMTPServerDisconnected:
                if server.has_mail:
                    raise NoAnswerError(f"{self._settings.host}: {CONNECTION_ENDED}") from None
                raise
            finally:
                _close(server)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refused(error) from None
        except smtplib.SMTPAuthenticationError as error:
            raise ChannelError(f"{self._settings.host} refused the user or the password ({error.smtp_code}).") from None
        except smtplib.SMTPNotSupportedError:
            raise ChannelError(
                f'{self._settings.host} does not support what the settings ask for: security = "{self._settings.security}"'
                f"{' and a login' if self._settings.user else ''}."
            ) from None
        except smtplib.SMTPResponseException as error:
            raise ChannelError(f"{self._settings.host} answered {error.smtp_code}.") from None
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelError(f"{self._settings.host}: {why_unreachable(error)}") from None
        if refused:
            raise PartlyRefusedError(f"{_refused_recipients(refused)}: {', '.join(refused)}. The others have the mail.")

    def _connected(self) -> _Server:
        chosen = self._settings
        port, context = chosen.port or PORTS[chosen.security], ssl.create_default_context()
        if chosen.security == "tls":
            server: _Server = _TLSServer(chosen.host, port, timeout=chosen.seconds, context=context)
        else:
            server = _Server(chosen.host, port, timeout=chosen.seconds)
        try:
            if chosen.security == "starttls":
                server.starttls(context=context)
            if chosen.user:
                server.login(chosen.user, self.channel.secret.reveal())
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage(SMTP_POLICY)
        mail["From"], mail["To"] = self._settings.sender, ", ".join(self._settings.to)
        mail["Subject"] = message.title
        mail["Date"] = format_datetime(datetime.now(UTC))
        # The same for each try, so that a mail program shows a repetition once.
        mail["Message-ID"] = f"<{message.key}.{message.shop}@{self._settings.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        for one in message.attachments:
            main, _, sub = one.type.partition("/")
            mail.add_attachment(one.content, main, sub, filename=one.name)
        return mail


def _close(server: smtplib.SMTP) -> None:
    """The server has the mail by now, or refused it: whether it takes the QUIT does not matter."""
    with suppress(OSError, smtplib.SMTPException):
        if server.sock:
            server.sock.settimeout(_GOODBYE_SECONDS)
        server.quit()
    server.close()


def _refused(
    error: smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused | smtplib.SMTPDataError,
) -> ChannelError | MessageRefusedError:
    """Codes from 400 to 499 mean: try again later. The texts of the server are left out."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes, what = _codes(error.recipients), f"{_refused_recipients(error.recipients)}."
    else:
        codes, what = [error.smtp_code], f"the server refused the mail ({error.smtp_code})."
    return ChannelError(what) if min(codes) < 500 else MessageRefusedError(what)


_Answers = Mapping[str, tuple[int, bytes]]
"""The code and the text of the server for each recipient that it refused."""


def _refused_recipients(answers: _Answers) -> str:
    return f"the server refused {counted(len(answers), 'recipient')} ({', '.join(map(str, _codes(answers)))})"


def _codes(answers: _Answers) -> list[int]:
    return sorted({code for code, _ in answers.values()})
