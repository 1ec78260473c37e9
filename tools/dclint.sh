#!/usr/bin/env bash
# The linter of compose.yaml that a test runs. Installed where there is npm; else that test skips.
set -euo pipefail
home="$(cd "$(dirname "$0")" && pwd)/dclint"

if ! command -v npm >/dev/null; then
    echo "No npm here: the test of compose.yaml with dclint will be skipped. Install Node.js 20 or newer to run it."
    exit 0
fi
[ "$home/node_modules/.package-lock.json" -nt "$home/package-lock.json" ] && exit 0
npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null ||
    echo "dclint could not be installed: the test of compose.yaml with dclint will be skipped."
