"""What all addresses share: the release that a request reads, and its answer, kept for the next one.

Not here: what an answer says.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

import duckdb
from starlette.requests import Request
from starlette.responses import Response

from ecom_lake.engine.contracts.table import Table
from ecom_lake.errors import UsageError, UserError
from ecom_lake.publish.api.access import Client, client_of
from ecom_lake.publish.api.formats import Format
from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.api.replies import Bodies, Body, reply
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease


class Reader:
    def __init__(self, releases: Releases) -> None:
        self.releases = releases
        self._bodies = Bodies()

    def shops(self, client: Client) -> list[str]:
        return [shop for shop in self.releases.shops if client.may_read(shop)]

    def release(self, request: Request, shop: str, number: int | None = None) -> ServedRelease:
        """The latest release of a shop, or the one with a number; 404 where there is none, 410 where it was deleted."""
        self.known(request, shop)
        try:
            return self.releases.of(shop, number)
        except UsageError as error:
            if number is not None and self._is_gone(shop, number):
                raise gone(shop, number) from None
            raise ProblemError(404, str(error)) from None

    def known(self, request: Request, shop: str) -> None:
        if shop not in self.shops(client_of(request)):
            raise ProblemError(404, f"There is no shop '{shop}', or your key does not read it; /v1/shops lists the shops.")

    def table(self, release: ServedRelease, name: str) -> Table:
        """The contract of a gold table of a release."""
        known = release.site.registry.gold
        if name in known and release.has(name):
            return known[name]
        shop = release.site.shop.name
        if name in known:
            why = release.absent.get(name, f"release {release.number} does not have it.")
            raise ProblemError(404, f"Shop '{shop}' has no table {name}: {why}")
        near = get_close_matches(name, [table for table in known if release.has(table)], 1, 0.8)
        hint = f": did you mean {near[0]}?" if near else ""
        raise ProblemError(404, f"There is no table '{name}'{hint or ';'} /v1/shops/{shop}/tables lists the tables.")

    def reply(self, request: Request, release: ServedRelease, make: Callable[[], Body], format_: Format = "json") -> Response:
        """The answer to a request on a release. The same request gets the same bytes until memory is needed for others."""
        client, url = client_of(request), request.url
        key = (release.site.shop.name, release.number, url.path, url.query, format_, client.scopes)
        try:
            body = self._bodies.get(key, make)
        except (UserError, duckdb.Error, OSError) as error:
            if not isinstance(error, ProblemError) and not release.site.lake.log.has(release.number):
                raise gone(release.site.shop.name, release.number) from None
            raise
        return reply(request, body, release.number)

    def _is_gone(self, shop: str, number: int) -> bool:
        numbers = self.releases.site(shop).lake.log.numbers()
        return bool(numbers) and number < numbers[-1] and number not in numbers


def gone(shop: str, number: int) -> ProblemError:
    return ProblemError(410, f"Release {number} of shop '{shop}' was deleted: start again without release and cursor.")
