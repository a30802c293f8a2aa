#!/bin/sh
# Builds pressure-alarm with a rustc that has a WASI target (Debian: apt install rustc libstd-rust-dev-wasm32 lld).
set -eu
cd "$(dirname "$0")"
for rustc in "${RUSTC:-rustc}" /usr/bin/rustc; do
  for target in wasm32-wasip1 wasm32-wasi; do
    [ -d "$("$rustc" --print sysroot 2>/dev/null)/lib/rustlib/$target" ] || continue
    exec "$rustc" --edition 2021 --target "$target" -C opt-level=s -C lto -C panic=abort -C strip=symbols \
      -o "${1:-.}/pressure-alarm-1.0.0.wasm" pressure-alarm.rs
  done
done
echo "no rustc with a WASI target: apt install rustc libstd-rust-dev-wasm32 lld, or rustup target add wasm32-wasip1" >&2
exit 1
