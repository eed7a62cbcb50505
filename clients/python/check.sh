#!/usr/bin/env bash
# The Python client in a fresh environment: stubs up to date, types, tests against target/release/speechtag (or SPEECHTAG_BIN).
# Needs Python 3 and PyPI; says so and passes when there is neither.
set -euo pipefail
cd "$(dirname "$0")/../.."

env=target/python-client
rm -rf "$env"
if ! python3 -m venv "$env" || ! "$env/bin/pip" install --quiet --disable-pip-version-check './clients/python[test]' mypy types-protobuf types-grpcio; then
  echo "skipped: clients/python needs Python 3.10 with venv, and PyPI"
  exit 0
fi
clients/python/generate.sh --check
"$env/bin/mypy" --config-file clients/python/pyproject.toml clients/python/src/speechtag
# The installed package, not the sources beside the tests.
"$env/bin/pytest" --quiet -p no:cacheprovider clients/python
