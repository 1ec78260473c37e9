"""The dashboard as an ASGI application: addresses, security headers, errors as pages.

Here: which address shows which page. Nothing writes: every route is a GET. Not here: the content of a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecom_lake.engine.config import Settings
from ecom_lake.errors import UserError
from ecom_lake.publish.api.access import client_of, may_see_people
from ecom_lake.publish.api.problem import overload_of
from ecom_lake.publish.dashboard.ask import answer_csv, answered, listed
from ecom_lake.publish.dashboard.breakdown_explorer import breakdown_csv
from ecom_lake.publish.dashboard.changes import changes
from ecom_lake.publish.dashboard.chart_files import KINDS
from ecom_lake.publish.dashboard.customer_routes import add_customer_routes
from ecom_lake.publish.dashboard.evidence import Shown
from ecom_lake.publish.dashboard.filters import RELEASE, read_filters, read_release
from ecom_lake.publish.dashboard.month_brush import month_brush
from ecom_lake.publish.dashboard.not_there import NotThereError
from ecom_lake.publish.dashboard.options import read_options
from ecom_lake.publish.dashboard.page_routes import Viewed, add_page, get, unfiltered
from ecom_lake.publish.dashboard.pages import BELOW, LABELS, PAGES, Page
from ecom_lake.publish.dashboard.product import product
from ecom_lake.publish.dashboard.product_names import product_path
from ecom_lake.publish.dashboard.rendering import render
from ecom_lake.publish.dashboard.search import search
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.dashboard.shop_list import all_shops
from ecom_lake.publish.dashboard.stylesheet import stylesheet
from ecom_lake.publish.dashboard.trust import verdict
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.quality import FATES

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_CACHED = "private, no-cache"
"""Of all that depends on the reader and the release: a cache that several readers share does not store it."""
_STATIC = Path(__file__).parent / "static"


def application(settings: Settings, hosts: tuple[str, ...] = LOOPBACK, releases: Releases | None = None) -> Starlette:
    """The dashboard. `releases`: the open releases, if another application reads them too."""
    app = Starlette()
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.add_middleware(_Secured)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    releases = releases or Releases(settings)

    @get(app, "/")
    def first_shop(request: Request) -> RedirectResponse:
        client, default = client_of(request), settings.default_shop
        shop = default if client.may_read(default) else next(filter(client.may_read, releases.shops), default)
        return RedirectResponse(f"/{shop}/overview", 307)

    app.add_exception_handler(NotThereError, _not_there)
    app.add_exception_handler(UserError, _refused)
    app.add_exception_handler(404, _unknown)

    def shown(template: str, view: View, page: object) -> Response:
        html = render(
            template,
            view=view,
            page=page,
            shops=[shop for shop in releases.shops if view.client.may_read(shop)],
            labels=LABELS,
            below=BELOW,
            verdict=verdict(view.release),
            fates=FATES,
            brush=month_brush(view),
            unreleased=releases.unreleased(view.shop),
        )
        return HTMLResponse(html)

    def view_of(request: Request, shop: str, page: Page) -> View:
        filters = read_filters(request.query_params)
        options = read_options(page.options, request.query_params)
        return View(shop, page.name, releases.of(shop, filters.release), filters, options, client_of(request))

    @get(app, "/{shop}/sales/breakdown.csv")
    def breakdown_file(request: Request) -> Response:
        shop = request.path_params["shop"]
        view = view_of(request, shop, next(page for page in PAGES if page.name == "sales"))
        name = f"{shop}-release-{view.release.number}-sales-by-{view.options['by']}.csv"
        return Response(
            breakdown_csv(view), media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    def serve(page: Page) -> None:
        def viewed(request: Request) -> Viewed:
            view = view_of(request, request.path_params["shop"], page)
            return view, shown(f"{page.name}.html.jinja", view, page.compute(view))

        add_page(app, f"/{{shop}}/{page.name}", viewed, changed)

    def changed(view: View, chart: Shown) -> Response:
        return shown("evidence.html.jinja", view, changes(releases, view, chart))

    for page in PAGES:
        serve(page)
    add_customer_routes(app, releases, shown, changed, _failed)

    def product_page(request: Request) -> Viewed:
        shop, product_id = request.path_params["shop"], request.path_params["product_id"]
        filters = read_filters(request.query_params)
        view = View(shop, product_path(product_id), releases.of(shop, filters.release), filters, client=client_of(request))
        found = product(view, product_id)
        if found is None:
            raise NotThereError(f"Shop '{shop}' has no product '{product_id}' in release {view.release.number}.")
        return view, shown("product.html.jinja", view, found)

    add_page(app, "/{shop}/product/{product_id:path}", product_page, changed)

    @get(app, "/dashboard.css")
    def styles(_: Request) -> Response:
        return Response(stylesheet(), media_type="text/css")

    @get(app, "/shops")
    def shops_page(request: Request) -> Response:
        client = client_of(request)
        listed = [shop for shop in releases.shops if client.may_read(shop)]
        return HTMLResponse(render("shop_list.html.jinja", listed=all_shops(releases, listed)))

    @get(app, "/{shop}/search")
    def search_page(request: Request) -> Response:
        view = unfiltered(releases, request, "search")
        return shown("search.html.jinja", view, search(view, request.query_params.get("q", ""), LABELS, view.sees_people))

    @get(app, "/{shop}/tables/{table}")
    def table_page(request: Request) -> Response:
        view = unfiltered(releases, request, "tables")
        return shown("table.html.jinja", view, view.release.contract(request.path_params["table"]))

    @get(app, "/{shop}/workbook.xlsx")
    def workbook(request: Request) -> Response:
        shop = request.path_params["shop"]
        release = releases.of(shop, read_release(request.query_params))
        name = f"{shop}-release-{release.number}.xlsx"
        return Response(
            release.workbook(), media_type=KINDS["xlsx"], headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    @get(app, "/{shop}/ask")
    def questions_page(request: Request) -> Response:
        view = unfiltered(releases, request, "ask")
        return shown("ask.html.jinja", view, listed(view.release))

    @get(app, "/{shop}/ask/{question}.csv")
    def answer_file(request: Request) -> Response:
        shop, question = request.path_params["shop"], request.path_params["question"]
        release = releases.of(shop, read_release(request.query_params))
        text = answer_csv(release, question, _given(request), may_see_people(request))
        name = f"{shop}-{question}-release-{release.number}.csv"
        return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})

    @get(app, "/{shop}/ask/{question}")
    def answer_page(request: Request) -> Response:
        view, question = unfiltered(releases, request, "ask"), request.path_params["question"]
        return shown("answer.html.jinja", view, answered(view.release, question, _given(request), view.sees_people))

    return app


class _Secured:
    """Every answer of the application, with the headers that restrict what a browser or a shared cache does with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_static = scope["type"] == "http" and scope["path"].startswith("/static/")

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY)
                if not is_static:
                    headers.setdefault("Cache-Control", _CACHED)
            await send(message)

        await self._app(scope, receive, send_secured)


def _given(request: Request) -> Mapping[str, str]:
    """The parameters of a question."""
    return {name: value for name, value in request.query_params.items() if name != RELEASE}


def _not_there(request: Request, error: Exception) -> Response:
    return _failed(str(error), 404)


def _unknown(request: Request, error: Exception) -> Response:
    return _failed(f"There is no page {request.url.path}.", 404)


def _refused(request: Request, error: Exception) -> Response:
    overload = overload_of(error)
    return _failed(str(overload), overload.status, overload.headers) if overload else _failed(str(error), 400)


def _failed(sentence: str, status: int, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    return HTMLResponse(render("failed.html.jinja", sentence=sentence), status, headers)
