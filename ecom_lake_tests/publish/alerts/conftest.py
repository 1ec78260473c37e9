"""A shop with planted facts, a web server and a mail server, all in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ecom_lake_tests.builders.alert_shop import AlertShop, Mailbox, mail_server


@pytest.fixture
def shop(tmp_path: Path) -> AlertShop:
    return AlertShop(tmp_path / "project")


@pytest.fixture
def mail_port(mailbox: Mailbox) -> Iterator[int]:
    with mail_server(mailbox) as port:
        yield port
