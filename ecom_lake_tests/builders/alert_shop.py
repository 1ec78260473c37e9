"""A shop with planted facts: releases of gold tables by hand, failures and deliveries, without any build.

Also a web server and a mail server that keep what is sent to them.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.build.step import trouble
from ecom_lake.engine.config import Settings
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import Delivery, Entry, Made
from ecom_lake.settings import load

SHOP = '[shops.mine]\nconnector = "canonical"\nfirst_month = "2024-01"\n'


@dataclass(frozen=True)
class AlertShop:
    """The shop `mine` in a lake of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def configure(self, *sections: str, shop: str = SHOP) -> None:
        """Write lake.toml."""
        self.folder.mkdir(exist_ok=True)
        self.config.write_text("\n".join((*sections, shop)), encoding="utf-8")

    @property
    def config(self) -> Path:
        return self.folder / "lake.toml"

    @property
    def settings(self) -> Settings:
        return _settings(self.folder, self.config.read_text("utf-8"), tuple(self.environment.items()))

    @property
    def site(self) -> Site:
        return open_site(self.settings, "mine")

    def release(self, **tables: list[dict[str, Any]]) -> Entry:
        """A new release in which these gold tables have these rows; the others stay."""
        site = self.site
        parts = {TableId("gold", name): self._file(site, name, rows) for name, rows in tables.items()}

        def change(head: Entry) -> Entry:
            for table, file in parts.items():
                head = head.with_parts(table, {WHOLE: file})
            return replace(head)

        entry = site.lake.log.commit(change, site.run, "release", release=True)
        trouble.end_build(site)
        return entry

    def _file(self, site: Site, name: str, rows: list[dict[str, Any]]) -> Any:
        schema = {column: kind for column, kind in site.registry.table(name).schema.items() if rows and column in rows[0]}
        with site.lake.scratch() as scratch:
            pl.DataFrame(rows, schema, strict=False).write_parquet(scratch / "x.parquet")
            return site.lake.publish(
                scratch / "x.parquet", TableId("gold", name), WHOLE, Made(rows=len(rows), fingerprint=name, run=site.run), None
            )

    def deliver(self, *moments: datetime) -> Entry:
        """Deliveries at these times, in UTC."""
        site = self.site

        def change(head: Entry) -> Entry:
            for number, at in enumerate(moments, 1):
                made = Made(
                    rows=1,
                    fingerprint=f"f{number}",
                    run=site.run,
                    delivery=Delivery(number, f"{number}.csv", f"h{number}", at.isoformat(), 0),
                )
                file = made.published(f"_store/bronze/orders/f{number}.parquet", 1, f"h{number}")
                head = head.with_parts(TableId("bronze", "orders"), {Part(batch=str(number)): file})
            return replace(head)

        return site.lake.log.commit(change, site.run, "deliver")

    def fail(self, why: str, table: str = "gold/rfm", refused: bool = False) -> None:
        trouble.keep(self.site, table, "refused" if refused else "failed", [why], [])

    def files(self) -> bytes:
        """Every byte that is in the folder."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file())


@cache
def _settings(folder: Path, config: str, environment: tuple[tuple[str, str], ...]) -> Settings:
    """Read again only where something changed, because the registry takes longer than most tests."""
    ours = {"ECOM_LAKE_CONFIG": str(folder / "lake.toml"), "DAGSTER_HOME": str(folder)}
    return load(str(folder / "data"), ours | dict(environment))


def channel(name: str = "team", **options: Any) -> str:
    """The section of a channel; a webhook unless `kind` says otherwise."""
    chosen = {"kind": "webhook", **({} if "kind" in options else {"url_env": f"{name.upper()}_URL"}), **options}
    return f"[channels.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in chosen.items())


# ----------------------------------------------------------------------------------------------------------------- webhooks


@dataclass
class Posted:
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class Receiver:
    """A web server that keeps what is posted to it."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.answer: int = 200
        self.raw: bytes | None = None
        """Sent instead of an answer, before the connection is closed."""
        self.location = ""
        """The target of a redirect."""
        self.before_answer: Callable[[], object] = lambda: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posted.append(Posted(self.path, dict(self.headers), json.loads(body)))
                receiver.before_answer()
                if receiver.raw is not None:
                    self.wfile.write(receiver.raw)
                    return
                self.send_response(receiver.answer)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook/s3cret"

    @property
    def titles(self) -> list[str]:
        return [one.body["title"] for one in self.posted]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    try:
        yield server
    finally:
        server.close()


# -------------------------------------------------------------------------------------------------------------------- mails


class Mailbox:
    """What a mail server keeps: the mails it took. The answers can be set."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.refuse_recipient = ""
        self.refused_address = ""
        """The only recipient that is refused; empty: all are."""
        self.before_answer: Callable[[], object] = lambda: None
        self.refuse_data = ""
        self.hangs_up_after = ""
        """A command after which the server closes the connection instead of answering: RCPT or DATA."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if self.hangs_up_after == "RCPT":
            server.transport.close()
        if self.refuse_recipient and self.refused_address in ("", address):
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.refuse_data:
            return self.refuse_data
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append(envelope)
        await asyncio.to_thread(self.before_answer)
        if self.hangs_up_after == "DATA":
            server.transport.close()
        return "250 OK"

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"hush-hush", handled=False)


class _Controller(Controller):
    """On a free port, which is known once the server listens."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(mailbox: Mailbox, tls: ssl.SSLContext | None = None, asks_for_login: bool = False) -> Iterator[int]:
    """A mail server on 127.0.0.1; returns its port. `tls`: it supports STARTTLS."""
    options: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if tls else {}
    if asks_for_login:
        options |= {"authenticator": mailbox.login, "auth_required": True}
    controller = _Controller(mailbox, "127.0.0.1", 0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
