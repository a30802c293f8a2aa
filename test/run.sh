#!/bin/sh
# What `npm test` runs: installs what is missing, then style, types and tests, in the order in which they fail fastest.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. "$root/platform/node/prepare.sh"
sh test/install-tools.sh
biome check --error-on-warnings .
tsc -p .
exec node --disable-warning=ExperimentalWarning node_modules/ava/entrypoints/cli.js "$@"
