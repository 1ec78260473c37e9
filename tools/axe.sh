#!/usr/bin/env bash
# The accessibility checker that the browser tests run on every page. Installed where there is npm; else those tests skip.
set -euo pipefail
home="$(cd "$(dirname "$0")" && pwd)/axe"

if ! command -v npm >/dev/null; then
    echo "No npm here: the accessibility tests will be skipped. Install Node.js 20 or newer to run them."
    exit 0
fi
[ "$home/node_modules/.package-lock.json" -nt "$home/package-lock.json" ] && exit 0
npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null ||
    echo "axe-core could not be installed: the accessibility tests will be skipped."
