#!/usr/bin/env bash
# LibreOffice Calc, which renders the workbooks of the tests, and pdftotext, which reads the pages.
# Installs Debian's packages where there are none and we may; else those tests skip.
set -euo pipefail
command -v soffice >/dev/null && command -v pdftotext >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-calc poppler-utils >/dev/null && exit 0
fi
echo "No LibreOffice here: the test that renders workbooks will be skipped. Install Debian's packages 'libreoffice-calc' and 'poppler-utils' to run it."
