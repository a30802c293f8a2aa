# Sourced by the launchers, with $root set to the repository. Installs what the lock file names when
# node_modules is missing or older than the lock, then puts a Node of at least 26 first on PATH and gives it a cache.

stamp="$root/node_modules/.fleet-lock"
if ! cmp -s "$root/package-lock.json" "$stamp"; then
  command -v npm >/dev/null 2>&1 || { echo "fleet: npm is needed to install the packages of package-lock.json (Debian: apt install npm)" >&2; exit 69; }
  # One installer at a time: two launchers started together must not empty node_modules under each other.
  exec 9>"$root/.install-lock"
  if command -v flock >/dev/null 2>&1; then flock 9; fi
  if ! cmp -s "$root/package-lock.json" "$stamp"; then
    echo "fleet: installing packages from package-lock.json" >&2
    npm ci --prefix "$root" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || { echo "fleet: npm ci failed; the reason is above" >&2; exit 69; }
    cp "$root/package-lock.json" "$stamp"
  fi
  exec 9>&-
fi

# Below this Node ends before it has run anything, and says nothing.
descriptors=$(ulimit -Hn)
if [ "$descriptors" != unlimited ] && [ "$descriptors" -lt 24 ]; then
  echo "fleet: a process may open $descriptors files here, and Node needs 24: raise it (ulimit -n, LimitNOFILE)" >&2
  exit 71
fi

node_major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }

bundled=$root/node_modules/.bin/node
tried=$root/node_modules/.fleet-node
# Whether the Node of the packages runs here is tried once on each kind of machine, not at every start.
runs_here() {
  kind=$(uname -m)
  if [ "$tried" -nt "$bundled" ] && read -r runs_on <"$tried" && [ "$runs_on" = "$kind" ]; then return 0; fi
  [ "$(node_major "$bundled")" -ge 26 ] || return 1
  { echo "$kind" >"$tried"; } 2>/dev/null || :
}

if runs_here; then
  PATH="$root/node_modules/.bin:$PATH"
elif [ "$(node_major node)" -lt 26 ]; then
  echo "fleet: there is no bundled Node for $(uname -sm); install Node 26 or later (https://nodejs.org) and try again" >&2
  exit 69
fi

# What was compiled once need not be compiled at every start: a third of the time of a short command.
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE-$root/node_modules/.cache/node-compile}
export PATH NODE_COMPILE_CACHE
