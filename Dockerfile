# The image of ecom_lake: one image for builds, Dagster, the dashboard and the API (docs/containers.md).
# BASE is a slim image of Debian with Python 3.11; `--build-arg BASE=python:3.11-slim-bookworm@sha256:…` pins it.
ARG BASE=python:3.11-slim-bookworm

# hadolint ignore=DL3006
FROM ${BASE} AS build
WORKDIR /src
ENV UV_LINK_MODE=copy UV_CACHE_DIR=/var/cache/uv
COPY requirements-uv.lock ./
RUN python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.lock
# Versions and hashes are those of requirements.lock; what is there for development only is left out, and nothing is compiled.
COPY pyproject.toml requirements.lock ./
RUN --mount=type=cache,target=/var/cache/uv \
    python3 -m venv --without-pip /opt/dependencies \
    && /opt/tools/bin/uv pip install --python /opt/tools/bin/python --no-build --require-hashes --constraints requirements.lock \
        --group build \
    && /opt/tools/bin/uv pip install --python /opt/dependencies/bin/python --no-build --require-hashes \
        --constraints requirements.lock --compile-bytecode --requirements pyproject.toml \
        --extra apprise --extra azure --extra databases --extra delta --extra mcp --extra models --extra postgres --extra web
COPY README.md LICENSE ./
COPY ecom_lake ecom_lake
RUN /opt/tools/bin/uv build --wheel --no-build-isolation --python /opt/tools/bin/python --out-dir /src/dist \
    && /opt/tools/bin/uv pip install --python /opt/dependencies/bin/python --target /opt/ecom-lake --no-deps \
        --compile-bytecode /src/dist/*.whl \
    && rm --force /opt/ecom-lake/.lock
# A copied file keeps the mode that it has in the checkout: with umask 077, only root could read it.
COPY deploy/dagster /src/dagster
RUN chmod -R a+rX /src/dagster

# hadolint ignore=DL3006
FROM ${BASE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends 'tini=0.19.*' \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 ecom-lake \
    && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin ecom-lake \
    && install --directory --owner=10001 --group=10001 --mode=0700 /cache /lake /dagster_home /keys /project
# Two layers, so that an upgrade of ecom_lake alone does not change the large one.
COPY --from=build /opt/dependencies /opt/dependencies
COPY --from=build /opt/ecom-lake /opt/ecom-lake
COPY --from=build /src/dagster /opt/dagster
# Everything that is written is below /lake, /dagster_home, /keys, /cache (compose.yaml) and /tmp, so the root may be read-only.
ENV PATH=/opt/ecom-lake/bin:/opt/dependencies/bin:$PATH \
    PYTHONPATH=/opt/ecom-lake \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    ECOM_LAKE_ROOT=/lake \
    ECOM_LAKE_KEYS=/keys/keys.toml \
    DAGSTER_HOME=/dagster_home
VOLUME ["/lake", "/dagster_home", "/keys"]
WORKDIR /project
USER 10001:10001
EXPOSE 8321
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ecom_lake" \
      org.opencontainers.image.description="A medallion lakehouse for online shops" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8321/health', timeout=4)"]
ENTRYPOINT ["tini", "--"]
CMD ["ecom-lake", "serve"]
