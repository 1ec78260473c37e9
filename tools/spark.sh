#!/usr/bin/env bash
# Spark for the tests that run on it: what the extra `spark` adds to the environment, half a gigabyte, in tools/spark/site-packages,
# a name that mypy passes over.
#   tools/spark.sh               install it, and Debian's Java where there is none and we may; else those tests skip
#   tools/spark.sh run CLASS …   run a server of Spark until it or the standard input ends, such as org.apache.spark.deploy.master.Master
#   PYTHONPATH=tools/spark/site-packages .venv/bin/ecom-lake build    the command with the extra, in a checkout
set -euo pipefail
cd "$(dirname "$0")/.."
home=tools/spark
lock=requirements-spark.lock

if [ "${1:-}" = run ]; then
    export SPARK_HOME="$PWD/$home/site-packages/pyspark" SPARK_LOCAL_IP=127.0.0.1 SPARK_DAEMON_MEMORY="${SPARK_DAEMON_MEMORY:-256m}"
    # A server of a test ends before compiling its code pays.
    export JAVA_TOOL_OPTIONS="${JAVA_TOOL_OPTIONS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1}"
    exec 3<&0
    "$SPARK_HOME/bin/spark-class" "${@:2}" 2>&1 3<&- &
    server=$!
    { cat <&3 && kill "$server"; } >/dev/null 2>&1 &
    wait "$server" || true
    exit 0
fi
if ! command -v java >/dev/null; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq || true
        for java in 17 21; do # Debian 12 has the first, and Debian 13 the second
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "openjdk-$java-jre-headless" \
                >/dev/null 2>&1 && break
        done
    fi
    if ! command -v java >/dev/null; then
        echo "No Java here: the tests on Spark will be skipped. Install Java 17 or 21 to run them, such as Debian's package" \
            "'openjdk-17-jre-headless' or 'openjdk-21-jre-headless'."
        exit 0
    fi
fi
[ -d "$home/site-packages" ] && cmp --silent "$lock" "$home/installed.lock" && exit 0
rm -rf "$home"
mkdir -p "$home"
if .venv/bin/uv pip install --quiet --python .venv/bin/python --target "$home/site-packages" --no-deps --require-hashes -r "$lock"; then
    cp "$lock" "$home/installed.lock"
else
    rm -rf "$home"
    echo "Spark could not be installed: the tests on Spark will be skipped."
fi
