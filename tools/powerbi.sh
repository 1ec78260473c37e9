#!/usr/bin/env bash
# The validators of Power BI projects. Installed where there is npm; else the tests that need them skip.
set -euo pipefail
home="$(cd "$(dirname "$0")" && pwd)/powerbi"

if ! command -v npm >/dev/null; then
    echo "No npm here: Power BI projects are checked without Microsoft's validators. Install Node.js 20 or newer to run them."
    exit 0
fi
[ "$home/node_modules/.package-lock.json" -nt "$home/package-lock.json" ] && exit 0
npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null ||
    echo "The validators of Power BI could not be installed: the tests that need them will be skipped."
