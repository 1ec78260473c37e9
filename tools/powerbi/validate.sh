#!/usr/bin/env bash
# Validates a Power BI project with Microsoft's own tools: tools/powerbi/validate.sh FOLDER
# The report validator reads its schemas from the web, or from the folder ECOM_LAKE_POWERBI_SCHEMAS.
set -euo pipefail
project="$(cd "$1" && pwd)"
cd "$(dirname "$0")"

node m_syntax.mjs "$project/EcomLake.SemanticModel/definition"
node ${ECOM_LAKE_POWERBI_SCHEMAS:+--import ./local_schemas.mjs} \
    node_modules/@microsoft/powerbi-report-authoring-cli/dist/cli.js validate "$project/EcomLake.Report" |
    tee /dev/stderr | grep -q '"errorCount":0,"warningCount":0'
