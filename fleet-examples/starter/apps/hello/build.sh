#!/bin/sh
# Builds hello with AssemblyScript (npm package assemblyscript), from a prepared checkout.
set -eu
cd "$(dirname "$0")"
asc=../../../../node_modules/assemblyscript/bin/asc.js
# Its optimizer is WebAssembly that runs once: Node takes longer to make it fast than it takes as it is.
node --liftoff-only "$asc" assembly/index.ts -O2 --runtime incremental --use abort= -o "${1:-.}/hello-1.0.0.wasm"
