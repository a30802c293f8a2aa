#!/bin/sh
# Builds both releases of position-beacon with AssemblyScript (npm package assemblyscript), from a prepared checkout.
set -eu
cd "$(dirname "$0")"
out=${1:-.}
for version in 1.0.0 1.1.0; do
  npx --no-install asc assembly/release-$version.ts assembly/index.ts -O2 --runtime incremental --use abort= \
    -o "$out/position-beacon-$version.wasm"
done
