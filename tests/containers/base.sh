#!/usr/bin/env bash
# Makes a base with Rust for the Dockerfile on a machine without a registry: Debian by debootstrap, a C compiler, and this
# machine's own Rust toolchain. Prints the image's name. Needs root, debootstrap and Debian's packages; about 1 GB.
#
#   docker build --network host --build-arg RUST_IMAGE="$(tests/containers/base.sh)" -t speechtag:0.1.0 .
set -euo pipefail
DOCKER=${DOCKER:-docker}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
image=speechtag-test/rust:local

if "$DOCKER" image inspect "$image" > /dev/null 2>&1; then
  echo "$image"
  exit
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=gcc,libc6-dev,ca-certificates bookworm "$root" "$MIRROR" >&2
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,man,locale}
# This machine's certificates, for a machine behind a proxy of its own.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

toolchain=$(rustc --print sysroot)
mkdir -p "$root/usr/local/rust" "$root/usr/local/cargo"
cp -r "$toolchain/bin" "$toolchain/lib" "$root/usr/local/rust/"
tar -C "$root" -c . | "$DOCKER" import --change 'ENV PATH=/usr/local/rust/bin:/usr/bin:/bin CARGO_HOME=/usr/local/cargo' \
  - "$image" > /dev/null
echo "$image"
