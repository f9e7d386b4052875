#!/bin/sh
# oracle.sh - installs what only tests ask: ONNX Runtime for node (npm's onnxruntime-web), into build/oracle. The project itself does not
# need it; without it the suite onnx_oracle says that it is skipped. Silent when it is there.
set -eu
cd "$(dirname "$0")/.."
version=1.20.1 at=${O:-build}/oracle
test -f "$at/node_modules/onnxruntime-web/package.json" && exit 0
command -v npm >/dev/null || { echo "oracle: there is no npm; as root, give: apt-get install -y nodejs npm" >&2; exit 2; }
mkdir -p "$at"
echo '{ "private": true }' >"$at/package.json"
echo "oracle: installing onnxruntime-web $version (log: $at/npm.log)"
npm install --prefix "$at" --no-audit --no-fund "onnxruntime-web@$version" >"$at/npm.log" 2>&1 || { tail -n 5 "$at/npm.log" >&2; exit 1; }
