#!/usr/bin/env bash
# The containers as an operator uses them: image, compose, balancer; a replica killed and a rolling change of the model, both
# under load. Needs an engine, docker-compose, Rust and Python 3 with PyPI; says so and passes where there is no engine.
#
#   tests/containers/run.sh          the image around a static program compiled here
#   tests/containers/run.sh --full   the image compiled in a container, as where a registry is at hand (some minutes)
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: tests/containers: $1"; exit 0; }

DOCKER=${DOCKER:-docker}
command -v "$DOCKER" > /dev/null || skip "no docker"
"$DOCKER" info > /dev/null 2>&1 || skip "no engine answers"
# BuildKit is in docker's own client up to 22, in its plugin buildx from 23 on; some machines have both clients.
if ! "$DOCKER" buildx version > /dev/null 2>&1; then
  for DOCKER in /usr/bin/docker none; do
    case "$("$DOCKER" version --format '{{.Client.Version}}' 2> /dev/null)" in 18.* | 19.* | 20.* | 22.*) break ;; esac
  done
  [ "$DOCKER" != none ] || skip "no BuildKit"
fi
export DOCKER DOCKER_BUILDKIT=1
if "$DOCKER" compose version > /dev/null 2>&1; then
  COMPOSE="$DOCKER compose"
elif command -v docker-compose > /dev/null; then
  COMPOSE=docker-compose
else
  skip "no docker-compose"
fi

work=target/container
mkdir -p "$work"
say() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }

say "a static program"
tests/containers/program

say "images"
# Where no registry is at hand, stand-ins for HAProxy and Prometheus.
if [ -z "${HAPROXY_IMAGE:-}" ] || [ -z "${PROMETHEUS_IMAGE:-}" ]; then
  stand_ins=$(tests/containers/helpers.sh) || skip "neither HAPROXY_IMAGE and PROMETHEUS_IMAGE nor Debian's packages of them"
  read -r HAPROXY_IMAGE PROMETHEUS_IMAGE <<< "$stand_ins"
fi
export HAPROXY_IMAGE PROMETHEUS_IMAGE
arguments=(--build-arg PROGRAM=prebuilt)
if [ "${1:-}" = --full ]; then
  arguments=(--network host --build-arg RUST_IMAGE="${RUST_IMAGE:-$(tests/containers/base.sh)}")
fi
export SPEECHTAG_IMAGE=speechtag-test/service:local SPEECHTAG_BALANCER_IMAGE=speechtag-test/balancer:local
build() { "$DOCKER" build --quiet "${arguments[@]}" --build-arg REVISION="$(git rev-parse HEAD 2> /dev/null || echo unknown)" "$@" . > /dev/null; }
build --tag "$SPEECHTAG_IMAGE"
build --tag "$SPEECHTAG_BALANCER_IMAGE" --build-arg HAPROXY_IMAGE="$HAPROXY_IMAGE" --target balancer

say "two models: the shipped one, and a small one of a later version"
rm -rf "$work/models" "$work/corpus"
mkdir -p "$work/models/old/0.1.0" "$work/models/new/0.2.0" "$work/corpus"
cp models/speechtag-zh/model.bin "$work/models/old/0.1.0/"
for file in corpus/*.jsonl; do head -n 60 "$file" > "$work/corpus/${file##*/}"; done
sed 's/^version = .*/version = "0.2.0"/' corpus/model.toml > "$work/corpus/model.toml"
"$work/speechtag" train "$work/corpus" --output "$work/models/new/0.2.0"
chmod -R a+rX "$work/models"

say "the Python client in an environment of its own"
env=$work/python
stamp=$env/$(sha256sum clients/python/pyproject.toml clients/python/src/speechtag/*.py clients/python/src/speechtag/v1/*.py | sha256sum | cut -c1-16)
if [ ! -f "$stamp" ]; then
  rm -rf "$env"
  if ! python3 -m venv "$env" || ! "$env/bin/pip" install --quiet --disable-pip-version-check ./clients/python; then
    skip "no Python 3 with venv, or no PyPI"
  fi
  touch "$stamp"
fi

# Names and ports of this run's own, so that it disturbs nothing that runs here. An empty port: any free one.
export COMPOSE_PROJECT_NAME=speechtag-test COMPOSE_PROFILES=balanced,monitoring
export SPEECHTAG_PORT=127.0.0.1: SPEECHTAG_BALANCER_PORT=127.0.0.1: SPEECHTAG_PROMETHEUS_PORT=127.0.0.1:
export SPEECHTAG_MODELS=./$work/models/old
end() {
  code=$?
  [ "$code" = 0 ] || $COMPOSE logs --no-color --tail 40 || true
  $COMPOSE down --volumes --timeout 15 > /dev/null 2>&1 || true
  # Images of earlier runs that have lost their names; ours alone.
  for title in speechtag speechtag-balancer; do
    "$DOCKER" image prune --force --filter "label=org.opencontainers.image.title=$title" > /dev/null || true
  done
  exit "$code"
}
trap end EXIT
$COMPOSE down --volumes > /dev/null 2>&1 || true
COMPOSE="$COMPOSE" "$env/bin/python" tests/containers/scenario.py
say "done"
