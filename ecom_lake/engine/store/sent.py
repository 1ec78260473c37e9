"""Which messages were sent, so that each is sent once: also by two processes at once, and after a process was killed.

A message is claimed by creating a file, sent, and recorded by creating another; only then is the claim removed. A process that
is killed in between leaves its claim, as does a channel that does not answer in time. A claim ends after CLAIM_ENDS: the next
process sends the message again, under the same key (docs/decisions/0059).
Files are `_store/sent/<channel>/<key>.sent` and `….claim-<number>`.
Not here: what a message is and how it is sent (publish/alerts/).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ecom_lake.engine.store.store import Info, Store

SENT = "_store/sent"
CLAIM_ENDS = timedelta(minutes=10)
"""Longer than sending one message may take, also by a clock of another machine that is some minutes off."""
KEPT = timedelta(days=400)
"""A record stays for more than a year; `renew` keeps the record of a fact that still holds for longer."""
_RENEWED_AFTER = timedelta(days=180)
_RECORD, _CLAIM = ".sent", ".claim-"
_UNANSWERED = b"no answer"
"""What a claim holds after a send without an answer, instead of the process."""


class Sent:
    """The records of a shop, as they were when this object was made; a claim looks at the store again."""

    def __init__(self, store: Store, shop: str, process: str) -> None:
        self._store, self._folder, self._process = store, f"{shop}/{SENT}", process
        self._listed = {info.path.removeprefix(f"{self._folder}/"): info for info in store.list(self._folder)}

    def has(self, channel: str, key: str) -> bool:
        return f"{channel}/{key}{_RECORD}" in self._listed

    def latest(self, channel: str, prefix: str) -> Mapping[str, Any] | None:
        """What was recorded with the latest message of a channel whose key starts with this."""
        found = [info for path, info in self._listed.items() if path.startswith(f"{channel}/{prefix}") and path.endswith(_RECORD)]
        if not found:
            return None
        try:
            stored = json.loads(self._store.read(max(found, key=lambda info: info.modified).path))
        except (ValueError, FileNotFoundError):
            return None
        return stored if isinstance(stored, dict) else None

    def claim(self, channel: str, key: str) -> str | None:
        """The claim that allows this process to send; None where the message was sent, or another process is sending it."""
        path = f"{self._folder}/{channel}/{key}"
        claims = {int(info.path.removeprefix(path + _CLAIM)): info for info in self._files(channel, key) if _CLAIM in info.path}
        number = max(claims, default=0)
        if claims and datetime.now(UTC) - claims[number].modified < CLAIM_ENDS:
            return None
        mine = f"{path}{_CLAIM}{number + 1}"
        if not self._create(mine, self._process.encode()):
            return None
        if self._store.exists(path + _RECORD):  # sent between the listing and the claim
            self._store.delete(mine)
            return None
        return mine

    def record(self, channel: str, key: str, claim: str, what: Mapping[str, Any]) -> None:
        """The message was sent."""
        self._create(f"{self._folder}/{channel}/{key}{_RECORD}", json.dumps(what).encode())
        self.release_claim(claim)

    def release_claim(self, claim: str) -> None:
        """The message was not sent: anybody may try again at once."""
        self._store.delete(claim)

    def keep_claim(self, channel: str, key: str, claim: str) -> int:
        """The message may have been sent: nobody tries again until the claim ends. Returns how many sends had no answer."""
        self._store.write(claim, _UNANSWERED)
        claims = [info.path for info in self._files(channel, key) if _CLAIM in info.path]
        return sum(self._store.read(path) == _UNANSWERED for path in claims)

    def renew(self, channel: str, key: str) -> None:
        """Keep the record of a fact that still holds from being deleted as an old one."""
        info = self._listed[f"{channel}/{key}{_RECORD}"]
        if datetime.now(UTC) - info.modified > _RENEWED_AFTER:
            self._store.write(info.path, self._store.read(info.path))

    def _files(self, channel: str, key: str) -> list[Info]:
        path = f"{self._folder}/{channel}/{key}"
        return [info for info in self._store.list(f"{self._folder}/{channel}") if info.path.startswith(f"{path}.")]

    def _create(self, path: str, data: bytes) -> bool:
        """True also where the store made the file, but its answer was lost and the retry found it."""
        if self._store.create(path, data):
            return True
        try:
            return self._store.read(path) == data
        except FileNotFoundError:  # the other process sent the message and deleted its claim meanwhile
            return False
