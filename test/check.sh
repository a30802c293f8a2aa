#!/bin/sh
# What `npm run check` runs, and `npm test` first: installs what is missing, then style and types.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. "$root/platform/node/prepare.sh"
sh test/install-tools.sh
# Types are one thread's work, and style is looked at beside it.
biome check --error-on-warnings . &
style=$!
tsc -p .
tsc -p controller/page
wait "$style"
