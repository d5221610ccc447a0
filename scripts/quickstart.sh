#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# From a clone on a bare Debian 12 or Ubuntu to right answers: installs what is missing, builds into
# build/ and runs the program on the files of examples/. About a minute; run it again at will.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

# Runs a command into build/quickstart.log and shows the log only if it fails.
quietly() {
    if ! "$@" >build/quickstart.log 2>&1; then
        tail -n 40 build/quickstart.log >&2
        printf 'quickstart: this failed: %s\n' "$*" >&2
        exit 1
    fi
}

# show word argument...: a word on what comes, the command as one would type it, its answer.
show() {
    local word=$1 line='build/cli/evex' argument
    shift
    for argument; do
        if [[ $argument == *[!A-Za-z0-9_./=-]* ]]; then
            argument="'$argument'"
        fi
        line+=" $argument"
    done
    printf '\n# %s\n$ %s\n' "$word" "$line"
    build/cli/evex "$@"
}

install_packages "${build_packages[@]}"
mkdir -p build
if [[ ! -f build/build.ninja ]]; then
    printf 'configuring build/\n'
    quietly meson setup build --buildtype=release -Dtests=false -Dbench=false
fi
printf 'building\n'
quietly ninja -C build

show 'A calculator, with the numbers that NumPy has' '2**0.5'
show 'One number from two columns of a file' 'sum(price*qty)' examples/sales.csv
show 'Several, by name, in one pass over the data' \
    'n = count(), average = mean(price), dearest = max(price)' examples/sales.csv
show 'New columns, an element at a time' \
    'r = sqrt(x**2+y**2), t = arctan2(y,x)' examples/points.csv
show "Each row against the whole: the program makes the two passes that this needs" \
    'name, centred = x - mean(x)' examples/points.csv
show 'What the sum is compiled to' --explain 'sum(price*qty)' examples/sales.csv

printf '\n# A mistake is pointed at, and nothing is written\n'
printf "\$ build/cli/evex 'sum(price*qtty)' examples/sales.csv\n"
if build/cli/evex 'sum(price*qtty)' examples/sales.csv; then
    printf 'quickstart: an unknown column was accepted\n' >&2
    exit 1
fi
printf '\nNext: README.md for the language and the C API, build/cli/evex --help, scripts/test.sh\n'
