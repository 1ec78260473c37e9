"""The keys of the clients: made, listed and revoked in a file (`Settings.keys_file`); the server checks them.

A key is `el_<id>_<secret>`. The file has the SHA-256 of the secret, which is enough for 32 random bytes, and belongs to its owner
alone. A revoked key stops working with the next request. The file stays when its last key is revoked: a server that once needed a
key never answers without one by itself. Not here: what a client may do (access.py).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import ValidationError, ValidationInfo, field_validator

from ecom_lake.engine.contracts.settings_model import SettingsModel, sentence
from ecom_lake.engine.store.file_lock import locked
from ecom_lake.errors import UsageError, UserError
from ecom_lake.publish.api.access import SCOPES, Client

_KEY = re.compile(r"el_([a-z2-7]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_NAME = re.compile(r"[\w .@-]{1,60}")
_IDS = "abcdefghijklmnopqrstuvwxyz234567"
_NOTED = timedelta(minutes=1)
"""The last use of a key is noted at most this often."""
_PLACE = "ECOM_LAKE_KEYS names the file; without it, it is keys.toml next to lake.toml."


@dataclass(frozen=True)
class Key:
    id: str
    name: str
    sha256: str
    scopes: tuple[str, ...]
    shops: tuple[str, ...]
    """Empty for all shops."""
    made_at: str
    last_used: str = ""

    @property
    def client(self) -> Client:
        return Client(self.id, frozenset(self.scopes), frozenset(self.shops) or None)


class _Written(SettingsModel, frozen=True):
    """A key in the file."""

    name: str
    sha256: str
    scopes: list[str]
    shops: list[str]
    made_at: str
    last_used: str

    @field_validator("made_at", "last_used")
    @classmethod
    def _is_time(cls, written: str, info: ValidationInfo) -> str:
        try:
            if written or info.field_name == "made_at":
                datetime.fromisoformat(written)
        except ValueError:
            raise ValueError(f"{info.field_name} must be a time such as 2026-01-31T12:00:00+00:00, not '{written}'.") from None
        return written


class Keys:
    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._known: Mapping[str, Key] = {}
        self._were_made = False

    def all(self) -> Mapping[str, Key]:
        """The keys by id, read again when the file has changed."""
        with self._lock:
            try:
                status = self.file.stat()
            except FileNotFoundError:
                self._stamp, self._known = None, {}
                return self._known
            except OSError as error:
                raise UserError(f"{self.file} cannot be read: {error.strerror}. {_PLACE}") from None
            self._were_made = True
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                if stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) & 0o077:
                    raise UserError(f"{self.file} can be read by other users: run `chmod 600 {self.file}`.")
                self._known, self._stamp = self._read(), stamp
            return self._known

    def were_made(self) -> bool:
        """Whether there is a file of keys, though all may be revoked, or was one since this object was made."""
        self.all()
        return self._were_made

    def new(self, name: str, scopes: Iterable[str], shops: Iterable[str] = ()) -> str:
        """A new key, which is shown this once."""
        chosen = tuple(scope for scope in SCOPES if scope in {"read", *scopes})
        if not _NAME.fullmatch(name):
            raise UsageError(f"The name of a key has 1 to 60 letters, digits, spaces or . @ - _, which '{name}' does not.")
        own = "".join(secrets.choice(_IDS) for _ in range(8))
        secret = secrets.token_urlsafe(32)
        self._change(lambda known: {**known, own: Key(own, name, _hash(secret), chosen, tuple(shops), _now())})
        return f"el_{own}_{secret}"

    def revoke(self, own: str) -> Key:
        revoked = self.all().get(own)
        if revoked is None:
            raise UsageError(f"There is no key {own}; `ecom-lake key list` lists the keys.")
        self._change(lambda known: {one: key for one, key in known.items() if one != own})
        return revoked

    def client(self, given: str) -> Client | None:
        """The client of a key; None where it is unknown or revoked."""
        found = _KEY.fullmatch(given)
        key = self.all().get(found[1]) if found else None
        expected = key.sha256 if key else _hash("")
        is_right = hmac.compare_digest(_hash(found[2] if found else ""), expected)
        if key is None or not is_right:
            return None
        self._note_use(key)
        return key.client

    def _note_use(self, key: Key) -> None:
        now = datetime.now(UTC)
        if key.last_used and now - datetime.fromisoformat(key.last_used) < _NOTED:
            return
        with suppress(OSError):  # a file that the server may only read stays as it is
            self._change(lambda known: {**known, key.id: replace(known[key.id], last_used=_now())} if key.id in known else known)

    def _change(self, change: Any) -> None:
        """Read, change and replace the file, one process after the other."""
        if not self.file.parent.is_dir():
            raise UserError(f"There is no folder {self.file.parent} for the keys: create it, or name another. {_PLACE}")
        with locked(self.file.parent):
            known = change(self._read() if self.file.exists() else {})
            draft = self.file.with_name(f".{self.file.name}.{secrets.token_hex(4)}")
            try:
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
                    target.write(_as_toml(known.values()))
                draft.replace(self.file)
            finally:
                draft.unlink(missing_ok=True)

    def _read(self) -> dict[str, Key]:
        try:
            given = tomllib.loads(self.file.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise self._damaged(str(error)) from None
        except UnicodeDecodeError:
            raise self._damaged("it is not UTF-8 text") from None
        except OSError as error:
            raise UserError(f"{self.file} cannot be read: {error.strerror}. {_PLACE}") from None
        return {own: self._key(own, values) for own, values in given.items()}

    def _key(self, own: str, values: Any) -> Key:
        if not isinstance(values, dict):
            raise self._damaged(f"'{own}' is no section of a key")
        try:
            written = _Written.model_validate(values)
        except ValidationError as error:
            raise self._damaged(f"[{own}] {sentence(error, _Written).rstrip('.')}") from None
        return Key(own, **{**dict(written), "scopes": tuple(written.scopes), "shops": tuple(written.shops)})

    def _damaged(self, why: str) -> UserError:
        return UserError(f"{self.file} is damaged: {why}. Restore it, or delete it and make new keys.")


def _as_toml(keys: Iterable[Key]) -> str:
    """Texts are JSON strings, which TOML reads alike: names have no control characters."""
    head = "# The keys of `ecom-lake serve`. `ecom-lake key` changes this file. It has no secrets, only their SHA-256.\n"
    return head + "".join(
        f"\n[{key.id}]\n"
        + "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in vars(key).items() if name != "id")
        for key in keys
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
