"""Who may see single customers: ids of customers and orders are personal data (docs/decisions/0016).

Here: the one decision that every page asks. Not here: what the pages show.
"""

from __future__ import annotations

from fastapi import Request

from ecom_lake.errors import UserError

_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-user", "x-forwarded-host", "via")


class NotForThisReaderError(UserError):
    """The page exists, and this reader may not see it."""


def may_see_people(request: Request) -> bool:
    """Whether this reader may see ids. Somebody at the machine may; a reader behind a reverse proxy may not.

    The server listens on loopback addresses only, so a request without a proxy's header comes from the machine itself."""
    return not any(name in request.headers for name in _PROXIED)
