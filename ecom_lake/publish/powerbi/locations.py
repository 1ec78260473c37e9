"""The first values of a project's parameters: where Power BI finds the shop. What is not known has angle brackets."""

from __future__ import annotations

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.errors import UsageError
from ecom_lake.publish.powerbi.sources import Api, Blobs, DataLake, Kind, Local, Source

_REMOTE = "az://"


def source_of(site: Site, kind: Kind, location: str | None) -> Source:
    shop = site.shop.name
    if kind == "local":
        return Local({"ShopFolder": (location or rf"C:\ecom_lake\{shop}").rstrip("\\/")})
    if kind == "adls":
        container, prefix = _container(site)
        url = _https(kind, location) or f"https://<account>.dfs.core.windows.net/{container}/{prefix}{shop}"
        return DataLake({"ShopUrl": url.rstrip("/")})
    if kind == "blob":
        return Blobs(_blob(site, _https(kind, location)))
    return Api({"ApiUrl": _address(location or "http://127.0.0.1:8321"), "ReleaseNumber": "latest"}, shop)


def _container(site: Site) -> tuple[str, str]:
    """The container of the lake and the path before the shop, with its final slash."""
    root = site.lake.url.removesuffix(f"/{site.shop.name}")
    if not root.startswith(_REMOTE):
        return "<container>", ""
    container, _, prefix = root.removeprefix(_REMOTE).partition("/")
    return container, f"{prefix}/" if prefix else ""


def _blob(site: Site, location: str | None) -> dict[str, str]:
    container, prefix = _container(site)
    if location is None:
        account, folder = "https://<account>.blob.core.windows.net", f"{prefix}{site.shop.name}/"
    else:
        host, _, path = location.removeprefix("https://").partition("/")
        container, _, folder = path.strip("/").partition("/")
        if not container or not folder:
            raise UsageError(f"--location: {location} must be https://ACCOUNT.blob.core.windows.net/CONTAINER/…/SHOP.")
        account, folder = f"https://{host}", f"{folder}/"
    return {"AccountUrl": account, "ContainerName": container, "ShopPrefix": folder}


def _https(kind: Kind, location: str | None) -> str | None:
    if location is not None and not location.startswith("https://"):
        raise UsageError(f"--location: with --source {kind} it is a URL that begins with https://, not {location}.")
    return location


def _address(location: str) -> str:
    if not location.startswith(("https://", "http://")):
        raise UsageError(f"--location: with --source api it is a URL such as https://lake.example.com, not {location}.")
    return location.rstrip("/")
