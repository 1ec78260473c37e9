#!/usr/bin/env bash
# The emulator of Azure Blob that tests and benchmarks talk to.
#   tools/azurite.sh               install it where there is npm; else those tests skip
#   tools/azurite.sh run FOLDER    serve FOLDER on a free port of this machine, which the first lines of output name
set -euo pipefail
home="$(cd "$(dirname "$0")" && pwd)/azurite"
main="$home/node_modules/azurite/dist/src/blob/main.js"

if [ "${1:-}" = run ]; then
    exec node "$main" --location "$2" --blobHost 127.0.0.1 --blobPort "${3:-0}" --skipApiVersionCheck --disableTelemetry --silent
fi
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "No npm here: the tests on Azure's emulator will be skipped. Install Node.js 20 or newer to run them."
    exit 0
fi
[ "$home/node_modules/.package-lock.json" -nt "$home/package-lock.json" ] && exit 0
npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null ||
    echo "Azurite could not be installed: the tests on Azure's emulator will be skipped."
