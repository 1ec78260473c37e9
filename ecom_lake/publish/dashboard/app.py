"""The dashboard as an ASGI application: addresses, security headers, errors as pages.

Here: which address shows which page. Nothing writes: every route is a GET. Not here: the content of a page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from ecom_lake.engine.config import Settings
from ecom_lake.errors import UserError
from ecom_lake.publish.dashboard.filters import read_filters
from ecom_lake.publish.dashboard.overview import overview
from ecom_lake.publish.dashboard.rendering import render
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.dashboard.view import View

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_PAGES = {"overview": ("overview.html.jinja", overview)}
_STATIC = Path(__file__).parent / "static"


def application(settings: Settings, hosts: tuple[str, ...] = LOOPBACK) -> FastAPI:
    app = FastAPI(title="ecom_lake", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    releases = Releases(settings)

    @app.middleware("http")
    async def secured(request: Request, respond: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await respond(request)
        response.headers.update(SECURITY)
        return response

    @app.get("/")
    def first_shop() -> RedirectResponse:
        return RedirectResponse(f"/{settings.default_shop}/overview", 307)

    @app.get("/{shop}/{page}")
    def page(request: Request, shop: str, page: str) -> Response:
        if shop not in settings.shops or page not in _PAGES:
            return _failed(f"There is no page {page} of a shop '{shop}'.", 404)
        try:
            filters = read_filters(request.query_params)
            view = View(shop, page, releases.of(shop, filters.release), filters)
            template, content = _PAGES[page]
            html = render(template, view=view, page=content(view), shops=releases.shops)
        except UserError as error:
            return _failed(str(error), 400)
        return HTMLResponse(html, headers={"Cache-Control": "private, no-cache"})

    return app


def _failed(sentence: str, status: int) -> HTMLResponse:
    return HTMLResponse(render("failed.html.jinja", sentence=sentence), status)
