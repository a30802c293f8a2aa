#!/bin/sh
# Builds thresholds with clang, without a library (Debian: apt install clang lld).
set -eu
cd "$(dirname "$0")"
compiler=$(command -v clang)
# Clang runs a wasm-opt that it finds on PATH, and npm puts one there: without it the same compiler makes the same bytes.
PATH=$(dirname "$compiler"):/usr/bin:/bin
"$compiler" --target=wasm32 -nostdlib -O2 -Wall -Wextra -Wl,--no-entry,--strip-all -o "${1:-.}/thresholds-1.0.0.wasm" thresholds.c
