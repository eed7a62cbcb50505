#!/usr/bin/env bash
# Makes local stand-ins for the images that compose pulls elsewhere: HAProxy and Prometheus from Debian's packages, each with
# the libraries it needs and nothing else. For machines without a registry. Prints the images' names. Installs the packages where
# they are missing, which needs root.
set -euo pipefail
DOCKER=${DOCKER:-docker}

if ! command -v haproxy > /dev/null || ! command -v prometheus > /dev/null; then
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy prometheus >&2
fi

tag=$({ cat "$0"; haproxy -v; prometheus --version 2>&1; } | sha256sum | cut -c1-12)
images=("speechtag-test/haproxy:$tag" "speechtag-test/prometheus:$tag")
echo "${images[@]}"
if "$DOCKER" image inspect "${images[@]}" > /dev/null 2>&1; then
  exit
fi

root=$(mktemp -d)
chmod 755 "$root"
trap 'rm -rf "$root"' EXIT
for program in haproxy prometheus; do
  path=$(readlink -f "$(command -v "$program")")
  mkdir -p "$root/$program/usr/local/bin" "$root/$program/tmp" "$root/$program/prometheus"
  cp "$path" "$root/$program/usr/local/bin/$program"
  [ "$program" = haproxy ] || cp "$(command -v promtool)" "$root/$program/usr/local/bin/"
  # Every library, and the loader, at the path where the program looks for it.
  ldd "$path" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root/$program$(dirname "$library")"
    cp -L "$library" "$root/$program$library"
  done
  chmod 1777 "$root/$program/tmp" "$root/$program/prometheus"
done
# The start commands of the images they stand in for.
tar -C "$root/haproxy" -c . | "$DOCKER" import --change 'ENTRYPOINT ["/usr/local/bin/haproxy"]' \
  --change 'CMD ["-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]' - "${images[0]}" > /dev/null
tar -C "$root/prometheus" -c . | "$DOCKER" import --change 'ENTRYPOINT ["/usr/local/bin/prometheus"]' \
  --change 'CMD ["--config.file=/etc/prometheus/prometheus.yml"]' - "${images[1]}" > /dev/null
