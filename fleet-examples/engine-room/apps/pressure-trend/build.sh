#!/bin/sh
# Builds both releases of pressure-trend with clang and a WASI libc (Debian: apt install clang lld wasi-libc libclang-rt-dev-wasm32).
set -eu
cd "$(dirname "$0")"
compiler=$(command -v clang)
# Clang runs a wasm-opt that it finds on PATH, and npm puts one there: without it the same compiler makes the same bytes.
PATH=$(dirname "$compiler"):/usr/bin:/bin
build() {
  "$compiler" --target=wasm32-wasi -mexec-model=reactor -O2 -Wall -Wextra -Wl,--strip-all -DREADINGS="$2" \
    -o "$out/pressure-trend-$1.wasm" pressure-trend.c
}
out=${1:-.}
build 1.0.0 8
build 1.1.0 32
