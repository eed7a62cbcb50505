#!/usr/bin/env bash
# Makes src/speechtag/v1 from the contracts; with --check, says whether it is up to date. Needs Python 3 and PyPI.
# The generators are pinned: stubs of protobuf 6.31 run with protobuf 6.31 to 7.
set -euo pipefail
cd "$(dirname "$0")/../.."

env=${TMPDIR:-/tmp}/speechtag-stubs-1.76.0
if [ ! -x "$env/bin/protoc-gen-mypy_grpc" ]; then
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check grpcio-tools==1.76.0 mypy-protobuf==3.7.0 'setuptools<81'
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
PATH="$env/bin:$PATH" python3 -m grpc_tools.protoc --proto_path=proto \
  --python_out="$out" --pyi_out="$out" --grpc_python_out="$out" --mypy_grpc_out=quiet:"$out" \
  proto/speechtag/v1/*.proto
printf '"""Generated from proto/speechtag/v1 by generate.sh."""\n' > "$out/speechtag/v1/__init__.py"

stubs=clients/python/src/speechtag/v1
if [ "${1:-}" = --check ]; then
  diff --recursive --exclude=__pycache__ "$out/speechtag/v1" "$stubs" && echo "the stubs are those of the contracts"
else
  rm -rf "$stubs"
  cp -r "$out/speechtag/v1" "$stubs"
fi
