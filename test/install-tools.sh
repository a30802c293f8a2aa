#!/bin/sh
# Debian programs that some tests run against. Without them those tests say so and are counted as skipped.
set -eu
missing=
command -v git >/dev/null 2>&1 || missing="$missing git"
command -v ip >/dev/null 2>&1 && command -v ss >/dev/null 2>&1 || missing="$missing iproute2"
command -v mosquitto >/dev/null 2>&1 || missing="$missing mosquitto"
command -v clang >/dev/null 2>&1 && command -v wasm-ld >/dev/null 2>&1 && [ -d /usr/include/wasm32-wasi ] || missing="$missing clang lld wasi-libc libclang-rt-dev-wasm32"
ls -d /usr/lib/rustlib/wasm32-wasi* >/dev/null 2>&1 || ls -d "$(rustc --print sysroot 2>/dev/null)"/lib/rustlib/wasm32-wasi* >/dev/null 2>&1 || missing="$missing rustc libstd-rust-dev-wasm32 lld"
command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v docker-registry >/dev/null 2>&1 || missing="$missing docker-registry"
# OpenStack Swift, whose proxy speaks S3.
for server in proxy account container object; do
  [ -x "/usr/bin/swift-$server-server" ] || missing="$missing swift-$server"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "test: installing$missing" >&2
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
    echo "test: could not install$missing; the tests that need them will be skipped" >&2
else
  echo "test: not installed:$missing; the tests that need them will be skipped (Debian: apt install$missing)" >&2
fi
