#!/usr/bin/env bash
# The browser that the UI tests open. Installed from Debian's packages where there is none and we may; else those tests skip.
set -euo pipefail
command -v chromium >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "No chromium here: the browser tests will be skipped. Install Debian's package 'chromium' to run them."
