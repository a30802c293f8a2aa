#!/bin/sh
# Builds hello with AssemblyScript (npm package assemblyscript), from a prepared checkout.
set -eu
cd "$(dirname "$0")"
npx --no-install asc assembly/index.ts -O2 --runtime incremental --use abort= -o "${1:-.}/hello-1.0.0.wasm"
