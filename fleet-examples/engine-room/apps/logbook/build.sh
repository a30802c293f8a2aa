#!/bin/sh
# Builds logbook with AssemblyScript (npm package assemblyscript), from a prepared checkout.
set -eu
cd "$(dirname "$0")"
npx --no-install asc assembly/index.ts -O2 --runtime stub --use abort= -o "${1:-.}/logbook-1.0.0.wasm"
