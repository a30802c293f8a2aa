#!/bin/sh
# Builds both releases of tide-logger with clang and a WASI libc (Debian: apt install clang lld wasi-libc libclang-rt-dev-wasm32).
set -eu
cd "$(dirname "$0")"
out=${1:-.}
compiler=$(command -v clang)
# Clang runs a wasm-opt that it finds on PATH, and npm puts one there: without it the same compiler makes the same bytes.
PATH=$(dirname "$compiler"):/usr/bin:/bin
build() { # version, extra flags
  version=$1
  shift
  "$compiler" --target=wasm32-wasi -O2 -Wall -Wextra -DTIDE_LOGGER_VERSION="\"$version\"" "$@" \
    -Wl,--strip-all -o "$out/tide-logger-$version.wasm" tide-logger.c -lm
}
build 1.0.0
build 1.1.0 -DTIDE_LOGGER_TREND
