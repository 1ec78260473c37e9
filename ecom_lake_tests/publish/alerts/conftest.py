"""A shop with planted facts, a web server and a mail server, all in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ecom_lake_tests.builders.alert_shop import AlertShop, Mailbox, Receiver, mail_server, receiver


@pytest.fixture
def shop(tmp_path: Path) -> AlertShop:
    return AlertShop(tmp_path / "project")


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail_port(mailbox: Mailbox) -> Iterator[int]:
    with mail_server(mailbox) as port:
        yield port
