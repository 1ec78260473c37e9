"""Answers over HTTP: kept bytes per release and request, ETag and 304, and the headers that every answer has.

The ETag is the hash of the bytes, so that it is right whatever made them. Not here: what the bytes say.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

KEPT_BYTES = 64 * 2**20
"""The most that kept answers take in memory."""
LARGEST_KEPT = KEPT_BYTES // 8
IS_HEAD = "ecom_lake.is_head"
"""In the ASGI scope of a GET whose body is not sent."""
_OVERHEAD = 1_000
"""Bytes that an answer takes in memory in addition to its content, roughly."""


@dataclass(frozen=True)
class Body:
    content: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def etag(self) -> str:
        return f'"{hashlib.blake2b(self.content, digest_size=16).hexdigest()}"'


class Bodies:
    """The answers of the latest requests, by key; the least recently used ones are dropped."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit, self._size = limit, 0
        self._kept: OrderedDict[Hashable, Body] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Body]) -> Body:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        body = make()
        if len(body.content) <= LARGEST_KEPT:
            with self._lock:
                if key not in self._kept:
                    self._kept[key] = body
                    self._size += len(body.content) + _OVERHEAD
                while self._size > self._limit:
                    _, dropped = self._kept.popitem(last=False)
                    self._size -= len(dropped.content) + _OVERHEAD
        return body


def reply(request: Request, body: Body, release: int | None = None) -> Response:
    headers = {
        **body.headers,
        "ETag": body.etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization",
        **({} if release is None else {"X-Release": str(release)}),
    }
    if is_known(request, body.etag):
        return Response(status_code=304, headers=headers)
    return Response(body.content, headers=headers, media_type=body.media_type)


def is_known(request: Request, etag: str) -> bool:
    """Whether the client has the answer with this ETag already."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in known.split(","))
