"""The addresses of single customers: the list behind a number, its CSV, and the page of one customer.

Each asks `may_see_people` first. Not here: what the pages show (customers/).
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ecom_lake.publish.api.access import may_see_people
from ecom_lake.publish.dashboard.customers.customer import customer
from ecom_lake.publish.dashboard.customers.selection import read_selection
from ecom_lake.publish.dashboard.customers.who import who, who_csv
from ecom_lake.publish.dashboard.evidence import Shown
from ecom_lake.publish.dashboard.not_there import NotForThisReaderError
from ecom_lake.publish.dashboard.page_routes import Viewed, add_page, get, unfiltered
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.dashboard.view import View


def add_customer_routes(
    app: Starlette,
    releases: Releases,
    shown: Callable[[str, View, object], Response],
    evidence: Callable[[View, Shown], Response],
    failed: Callable[[str, int], Response],
) -> None:
    """`shown` renders a template, `evidence` the page of one of its charts, and `failed` a sentence with a status."""

    def view_of(request: Request, page: str) -> View:
        if not may_see_people(request):
            raise NotForThisReaderError("Single customers are personal data: this page needs the scope pii.")
        return unfiltered(releases, request, page)

    def refused(_: Request, error: Exception) -> Response:
        return failed(str(error), 403)

    app.add_exception_handler(NotForThisReaderError, refused)

    @get(app, "/{shop}/who")
    def who_page(request: Request) -> Response:
        view = view_of(request, "who")
        page = who(view, read_selection(view.release, request.query_params))
        if "id" in request.query_params and page.customers == 1:
            return RedirectResponse(page.people[0].url, 307)
        return shown("who.html.jinja", view, page)

    @get(app, "/{shop}/who.csv")
    def who_file(request: Request) -> Response:
        view = view_of(request, "who")
        text = who_csv(view, read_selection(view.release, request.query_params))
        name = f"{view.shop}-customers-release-{view.release.number}.csv"
        return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def customer_page(request: Request) -> Viewed:
        customer_id = request.path_params["customer_id"]
        view = view_of(request, f"customer/{quote(customer_id, safe='')}")
        return view, shown("customer.html.jinja", view, customer(view, customer_id))

    add_page(app, "/{shop}/customer/{customer_id:path}", customer_page, evidence)
