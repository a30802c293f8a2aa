#!/bin/sh
# What `npm test` runs: style, types and tests, in the order in which they fail fastest. With arguments, the tests of these.
set -eu
. "$(dirname -- "$0")/check.sh"
[ $# -gt 0 ] || set -- --config test/whole-run.js
exec node --disable-warning=ExperimentalWarning node_modules/ava/entrypoints/cli.js "$@"
