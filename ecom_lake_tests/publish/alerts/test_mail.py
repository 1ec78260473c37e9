"""Mails against a real SMTP server: encryption and login, refusals, hostile texts, attachments."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ecom_lake.engine.alerts import Channel, Mail
from ecom_lake.engine.store.access import Secret
from ecom_lake.publish.alerts.channel import ChannelError, MessageRefusedError, NoAnswerError
from ecom_lake.publish.alerts.mail import MailSender
from ecom_lake.publish.alerts.message import Attachment, Fact, message_of
from ecom_lake_tests.builders.alert_shop import Mailbox, mail_server

HOSTILE = "Ärger: <b>Ware</b>\r\nBcc: evil@example.com\r\n\r\n.\r\nQUIT"
MESSAGE = message_of(Fact("anomaly", "2024-01 x", HOSTILE, ("Next line.", ".")), "mine", 7)


def sender(port: int, password: str = "", **options: Any) -> MailSender:
    chosen = {"security": "none", "sender": "lake@example.com", "to": ["boss@example.com", "ops@example.com"], **options}
    settings = Mail(kind="mail", host="127.0.0.1", port=port, **chosen)
    return MailSender(Channel("bosses", settings, Secret(password)), settings)


def test_a_mail_with_a_hostile_text_has_only_the_headers_of_ours(mail_port: int, mailbox: Mailbox) -> None:
    sender(mail_port).send(MESSAGE)
    [mail], [envelope] = mailbox.mails, mailbox.envelopes
    assert envelope.rcpt_tos == ["boss@example.com", "ops@example.com"]
    assert mail["Subject"] == "[mine] Ärger: <b>Ware</b> Bcc: evil@example.com . QUIT"
    assert mail["Bcc"] is None and mail["From"] == "lake@example.com"
    assert mail["Message-ID"] == f"<{MESSAGE.key}.mine@example.com>"
    assert mail.get_content_type() == "text/plain", "no HTML that a text could become part of"
    assert mail.get_content().splitlines()[1:] == ["Next line.", ".", "Readers see release 7."]


def test_the_same_message_has_the_same_id_each_time(mail_port: int, mailbox: Mailbox) -> None:
    sender(mail_port).send(MESSAGE)
    sender(mail_port).send(MESSAGE)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


def test_attachments_arrive_with_their_bytes(mail_port: int, mailbox: Mailbox) -> None:
    content = bytes(range(256)) * 40
    sender(mail_port).send(replace(MESSAGE, attachments=(Attachment("r.pdf", content, "application/pdf"),)))
    [attached] = mailbox.mails[0].iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("r.pdf", "application/pdf")
    assert attached.get_content() == content


def test_the_preview_shows_headers_text_and_files() -> None:
    shown = sender(1).preview(replace(MESSAGE, attachments=(Attachment("r.pdf", b"x" * 2_000, "application/pdf"),)))
    assert shown.splitlines()[:5] == [
        "From: lake@example.com",
        "To: boss@example.com, ops@example.com",
        "Subject: [mine] Ärger: <b>Ware</b> Bcc: evil@example.com . QUIT",
        f"Message-ID: <{MESSAGE.key}.mine@example.com>",
        "Attached: r.pdf (2 kB)",
    ]


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        ("550 no s3cret", MessageRefusedError, "the server refused 2 recipients (550)."),
        ("451 later", ChannelError, "the server refused 2 recipients (451)."),
    ],
)
def test_refused_recipients(mail_port: int, mailbox: Mailbox, answer: str, error: type[Exception], sentence: str) -> None:
    mailbox.refuse_recipient = answer
    with pytest.raises(error) as raised:
        sender(mail_port).send(MESSAGE)
    assert str(raised.value) == sentence


def test_a_refused_mail(mail_port: int, mailbox: Mailbox) -> None:
    mailbox.refuse_data = "554 spam"
    with pytest.raises(MessageRefusedError, match=r"^the server refused the mail \(554\)\.$"):
        sender(mail_port).send(MESSAGE)


@pytest.mark.parametrize(
    ("command", "error", "sentence"),
    [
        ("DATA", NoAnswerError, "127.0.0.1: the connection ended before the server answered."),
        ("RCPT", ChannelError, "127.0.0.1: cannot be reached: SMTPServerDisconnected."),
    ],
)
def test_a_server_that_hangs_up(mail_port: int, mailbox: Mailbox, command: str, error: type[Exception], sentence: str) -> None:
    """After the whole mail it may have taken it; before, it has not."""
    mailbox.hangs_up_after = command
    with pytest.raises(ChannelError) as raised:
        sender(mail_port).send(MESSAGE)
    assert (type(raised.value), str(raised.value)) == (error, sentence)
    assert len(mailbox.mails) == (command == "DATA")


def test_a_server_without_starttls_gets_nothing(mail_port: int, mailbox: Mailbox) -> None:
    with pytest.raises(ChannelError, match=r"127\.0\.0\.1 does not support what the settings ask for"):
        sender(mail_port, security="starttls").send(MESSAGE)
    assert not mailbox.mails


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(ChannelError, match=r"^127\.0\.0\.1: cannot be reached: nothing answers there\.$"):
        sender(1).send(MESSAGE)


# ------------------------------------------------------------------------------------------------------------------ encrypted


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_starttls_and_a_login(mailbox: Mailbox, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    login = {"security": "starttls", "user": "lake", "password_env": "SMTP_PASSWORD"}
    with mail_server(mailbox, tls, asks_for_login=True) as port:
        sender(port, "hush-hush", **login).send(MESSAGE)
        assert mailbox.logins == [(b"lake", b"hush-hush")] and len(mailbox.mails) == 1
        with pytest.raises(ChannelError, match=r"^127\.0\.0\.1 refused the user or the password \(535\)\.$"):
            sender(port, "wrong-s3cret", **login).send(MESSAGE)
        with pytest.raises(ChannelError, match="SMTP_PASSWORD is not set"):
            sender(port, "", **login).send(MESSAGE)


def test_a_server_that_hangs_up_within_tls(
    mailbox: Mailbox, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    mailbox.hangs_up_after = "DATA"
    with mail_server(mailbox, tls) as port, pytest.raises(NoAnswerError, match="ended before the server answered"):
        sender(port, security="starttls").send(MESSAGE)


def test_an_unknown_certificate_gets_no_password(mailbox: Mailbox, tls: ssl.SSLContext) -> None:
    with (
        mail_server(mailbox, tls, asks_for_login=True) as port,
        pytest.raises(ChannelError, match=r"^127\.0\.0\.1: its certificate is not valid"),
    ):
        sender(port, "hush-hush", security="starttls", user="lake", password_env="SMTP_PASSWORD").send(MESSAGE)
    assert not mailbox.logins
