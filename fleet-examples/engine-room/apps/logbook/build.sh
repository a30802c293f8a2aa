#!/bin/sh
# Builds logbook with AssemblyScript (npm package assemblyscript), from a prepared checkout.
set -eu
cd "$(dirname "$0")"
asc=../../../../node_modules/assemblyscript/bin/asc.js
# Its optimizer is WebAssembly that runs once: Node takes longer to make it fast than it takes as it is.
node --liftoff-only "$asc" assembly/index.ts -O2 --runtime stub --use abort= -o "${1:-.}/logbook-1.0.0.wasm"
