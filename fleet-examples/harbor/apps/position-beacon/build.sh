#!/bin/sh
# Builds both releases of position-beacon with AssemblyScript (npm package assemblyscript), from a prepared checkout.
set -eu
cd "$(dirname "$0")"
asc=../../../../node_modules/assemblyscript/bin/asc.js
# Its optimizer is WebAssembly that runs once: Node takes longer to make it fast than it takes as it is.
out=${1:-.}
for version in 1.0.0 1.1.0; do
  node --liftoff-only "$asc" assembly/release-$version.ts assembly/index.ts -O2 --runtime incremental --use abort= \
    -o "$out/position-beacon-$version.wasm"
done
