#!/usr/bin/env bash
# The image without a container engine: buildah builds it on a base that debootstrap makes, and podman runs it.
#   tools/containers.sh               install Debian's packages where they are missing and we may; else the test of the image skips
#   tools/containers.sh build         build the image; base, layers and downloads are kept in the user's cache
#   tools/containers.sh run OPTIONS   podman run without a network and with the restrictions of compose.yaml: options, then `ecom-lake` and a command
#   tools/containers.sh size          the megabytes of the compressed image
set -euo pipefail
cd "$(dirname "$0")/.."
home="${XDG_CACHE_HOME:-$HOME/.cache}/ecom-lake-image" # may be deleted when nothing runs
storage=(--root "$home/storage" --runroot "$home/run" --storage-driver overlay)
base="localhost/python-3.11-bookworm"

install_packages() {
    command -v buildah >/dev/null && command -v debootstrap >/dev/null && command -v podman >/dev/null && exit 0
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            buildah crun debootstrap podman >/dev/null && exit 0
    fi
    echo "No buildah, debootstrap and podman here: the test of the image will be skipped. Install these packages of Debian to run it."
}

make_base() { # in place of python:3.11-slim-bookworm, with the certificates that this machine trusts
    buildah "${storage[@]}" inspect --type image "$base" >/dev/null 2>&1 && return
    local container mounted
    folder="$(mktemp -d)"
    trap 'rm -rf "$folder" "$folder.log"' EXIT
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$folder" >"$folder.log" || {
        tail -20 "$folder.log"
        exit 1
    }
    rm -rf "$folder/debootstrap" "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
    cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/"
    mkdir -p "$folder/etc/uv" && echo 'system-certs = true' >"$folder/etc/uv/uv.toml"
    container="$(buildah "${storage[@]}" from scratch)"
    mounted="$(buildah "${storage[@]}" mount "$container")"
    cp -a "$folder/." "$mounted/"
    buildah "${storage[@]}" commit --quiet --rm "$container" "$base" >/dev/null
}

case "${1:-}" in
    "") install_packages ;;
    build)
        mkdir -p "$home"
        exec 9>"$home/lock" && flock 9
        make_base
        buildah "${storage[@]}" bud --quiet --layers --isolation chroot --format docker --build-arg "BASE=$base" --tag ecom-lake .
        ;;
    run)
        # In a mount namespace of its own, because crun refuses the two hierarchies of control groups that some machines have.
        exec unshare --mount bash -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"' - \
            podman "${storage[@]}" run --rm --pull never --network none --timeout 900 --cgroups disabled --no-healthcheck \
            --ulimit "nofile=1024:$(ulimit -Hn)" --ulimit nproc=1024:1024 \
            --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp "${@:2}"
        ;;
    size)
        folder="$(mktemp -d)"
        trap 'rm -rf "$folder"' EXIT
        buildah "${storage[@]}" push --quiet ecom-lake "dir:$folder"
        du --summarize --block-size=1MB "$folder" | cut -f1
        ;;
    *)
        echo "tools/containers.sh knows build, run and size, not '$1'." >&2
        exit 2
        ;;
esac
