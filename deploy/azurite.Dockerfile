# Azurite, the emulator of Azure Blob, in the version of the tests (tools/azurite). Its account and key are published: for trials only.
ARG NODE=node:20-slim
# hadolint ignore=DL3006
FROM ${NODE}
WORKDIR /opt/azurite
COPY tools/azurite/package.json tools/azurite/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund \
    && install --directory --owner=10001 --group=10001 /data
VOLUME /data
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s \
    CMD ["node", "-e", "require('net').connect(10000, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"]
CMD ["node", "node_modules/azurite/dist/src/blob/main.js", "--location", "/data", "--blobHost", "0.0.0.0", "--skipApiVersionCheck", "--disableTelemetry"]
