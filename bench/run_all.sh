#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures everything that docs/BENCHMARKS.md shows and writes its tables and charts anew, in some six
# minutes on a machine that does nothing else.
#
#     bench/run_all.sh [BUILD [PEERS [RESULTS]]]
#
# BUILD: a build folder of type release or debugoptimized (default: build-bench, made if missing);
# PEERS: the environment of bench_peers.py (default: .venv-bench, made if missing); RESULTS: a folder
# for the JSON files (default: BUILD/results).
# RUN may name a program that starts each measurement, for example one that waits for a quiet machine.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
build=${1:-$root/build-bench}
peers=${2:-$root/.venv-bench}
results=${3:-$build/results}
corpus=$here/corpus/expressions.txt

[ -d "$build" ] || meson setup --buildtype=release -Dtests=false "$build" "$root"
ninja -C "$build"
[ -d "$peers" ] || python3 "$here/bench_peers.py" --setup "$peers"
mkdir -p "$results"

# measure PROGRAM ARGUMENTS...: the results go to PROGRAM.json.
measure() {
    program=$1
    shift
    ${RUN:-} "$build/bench/$program" "$@" --json "$results/$program.json"
}
measure bench_vecmath
measure bench_limits
measure bench_expr "$corpus"
measure bench_overhead
${RUN:-} "$peers/bin/python" "$here/bench_peers.py" "$build" --json "$results/bench_peers.json"
# The package's own overhead, where the environment has the package.
if "$peers/bin/python" -c 'import evex' 2>/dev/null; then
    ${RUN:-} "$peers/bin/python" "$here/bench_python.py" --json "$results/bench_python.json"
fi
python3 "$here/page.py" "$results" "$root/docs/BENCHMARKS.md"
