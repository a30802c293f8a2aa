#!/bin/sh
# What `npm test` runs: style, types and tests, in the order in which they fail fastest.
set -eu
. "$(dirname -- "$0")/check.sh"
exec node --disable-warning=ExperimentalWarning node_modules/ava/entrypoints/cli.js "$@"
