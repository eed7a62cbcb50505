#!/usr/bin/env bash
# What deploy/ holds is valid and agrees with the service, the runbook and itself. Needs Python 3 with PyPI, promtool
# (Debian's package prometheus), kubectl for kustomize; says so and passes over what is not there. Uses target/release/speechtag.
set -euo pipefail
cd "$(dirname "$0")/.."

env=target/deploy
stamp=$env/$(sha256sum deploy/requirements.txt | cut -c1-16)
if [ ! -f "$stamp" ]; then
  if ! python3 -m venv "$env" || ! "$env/bin/pip" install --quiet --disable-pip-version-check -r deploy/requirements.txt; then
    echo "skipped: deploy/check.sh needs Python 3 with venv, and PyPI"
    exit 0
  fi
  touch "$stamp"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$env/bin/python" deploy/grafana/dashboard.py | diff - deploy/grafana/dashboard.json
echo "the dashboard is what dashboard.py makes"

for folder in base models; do
  if command -v kubectl > /dev/null; then
    kubectl kustomize "deploy/kubernetes/$folder" > "$work/$folder.yaml"
    "$env/bin/kubernetes-validate" --strict -k 1.32 "$work/$folder.yaml"
  else
    echo "skipped: deploy/kubernetes/$folder: kubectl is not installed"
  fi
done

"$env/bin/python" deploy/check.py target/release/speechtag "$work"

if ! command -v promtool > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus > /dev/null || true
fi
if command -v promtool > /dev/null; then
  promtool check config deploy/prometheus/prometheus.yml
  promtool test rules deploy/prometheus/alerts_test.yml
  echo "every query of the dashboard:"
  promtool check rules "$work/expressions.yml"
else
  echo "skipped: promtool is not installed (Debian's package prometheus)"
fi

if docker compose version > /dev/null 2>&1; then
  docker compose --profile monitoring config --quiet
elif command -v docker-compose > /dev/null; then
  docker-compose --profile monitoring config --quiet
else
  echo "skipped: docker-compose is not installed"
fi
