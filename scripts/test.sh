#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Everything that must be green, from a clone on a bare Debian 12 or Ubuntu: installs what is
# missing, builds under build-tests/ and runs all tests. Steps that fail do not stop the others; the
# last lines are the test runners' own summaries.
#
#   ./scripts/test.sh [--long] [STEP...]      all steps, or those named
#
#   step       what                                                            budget, minutes
#   packages   apt-get what is missing; NumPy, pytest and the like into .venv        2
#   gcc        build with gcc -Werror; the whole suite                               2
#   settings   the suite again under each instruction-set cap (ref, base, avx2,      2
#              avx512), 1, 2, 3 and 8 threads, tiny blocks, without optimisation
#   clang      build with clang -Werror; the suite with reduced matrices             2
#   asan       ASan + UBSan (clang), reduced matrices                                2
#   tsan       TSan (clang), reduced matrices of what has threads                    2
#   numpy      random expressions against NumPy, and against evex itself under       1.5
#              every instruction set, thread count and block length
#   python     pip install . into .venv; the Python package's tests                  1.5
#   aarch64    cross build under qemu-user: the same digests as here                 1
#   fuzz       each libFuzzer harness for 10 s, two at a time                        0.5
#
#   --long adds to them: `numpy` with 100,000 expressions; `fuzz` for 10 minutes each; the whole
#   suite under valgrind (valgrind) and under qemu (aarch64); line coverage (coverage).
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

readonly top=$PWD/build-tests venv=$PWD/.venv
# The Python package is made of what the gcc step has compiled already, in another folder.
export CCACHE_DIR=$top/ccache CCACHE_NOHASHDIR=1
cached_gcc() {
    if command -v ccache >/dev/null; then
        printf 'ccache gcc'
    else
        printf 'gcc'
    fi
}
jobs=$(nproc)
is_long=0
n_failed=0

# ---- Frame -------------------------------------------------------------------------------------

# run_step name minutes: runs step_<name> with its output in build-tests/<name>.log, shows the log's
# end if it fails, says how long it took. What a step writes to descriptor 3 goes to the summary.
run_step() {
    local name=$1 budget=$2 begin=$SECONDS status=0
    printf '%-10s ' "$name"
    (
        set -euo pipefail
        "step_$name"
    ) >"$top/$name.log" 2>&1 3>"$top/$name.summary" </dev/null &
    wait $! || status=$?
    printf '%s  %3d s of %4d\n' "$([[ $status == 0 ]] && echo ok || echo FAIL)" \
        $((SECONDS - begin)) "$(awk "BEGIN {print $budget * 60}")"
    if [[ $status != 0 ]]; then
        n_failed=$((n_failed + 1))
        tail -n 60 "$top/$name.log"
        printf '(the whole log: %s)\n' "$top/$name.log"
    fi
}

# configure folder option...: meson setup, or a fresh one when the options have changed.
configure() {
    local folder=$top/$1
    shift
    if [[ -f $folder/build.ninja && $(cat "$folder/options" 2>/dev/null) == "${CC:-} $*" ]]; then
        return 0
    fi
    rm -rf "$folder"
    meson setup "$folder" -Dwerror=true "$@"
    printf '%s\n' "${CC:-} $*" >"$folder/options"
}

build() {
    ninja -C "$top/$1" -j "$jobs"
}

# suite folder argument...: runs meson's tests; their counts go to the summary.
suite() {
    local folder=$top/$1 status=0
    shift
    meson test -C "$folder" --no-rebuild --print-errorlogs "$@" >"$folder/suite.log" 2>&1 || status=$?
    cat "$folder/suite.log"
    {
        printf '%s: meson test %s\n' "${folder##*/}" "$*"
        grep -E '^(Ok|Expected Fail|Fail|Unexpected Pass|Skipped|Timeout):' "$folder/suite.log" |
            grep -Ev '^(Expected Fail|Unexpected Pass|Skipped|Timeout): +0$'
    } >&3 || true
    return "$status"
}

# total word...: how many tests the runners counted under these words.
total() {
    cat "$top"/*.summary | awk -v words="$*" '
        BEGIN {split(words, list); for (i in list) wanted[list[i] ":"]}
        $1 in wanted {n += $2}
        END {print n + 0}'
}

# ---- Steps -------------------------------------------------------------------------------------

step_packages() {
    install_packages "${test_packages[@]}"
    # shellcheck disable=SC2046 # at most one word, or none
    install_packages $(runtime_package)
    install_packages "${cross_packages[@]}" || echo 'no cross compiler here'
    if ((is_long)); then
        install_packages valgrind gcovr
    fi
    if ! cmp -s tests/requirements.txt "$venv/requirements.txt"; then
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt
        cp tests/requirements.txt "$venv/requirements.txt"
    fi
}

step_gcc() {
    CC=$(cached_gcc) configure gcc
    build gcc
    suite gcc
}

step_settings() {
    local setting status=0
    CC=$(cached_gcc) configure gcc
    build gcc
    for setting in ref base avx2 avx512 unoptimised; do
        suite gcc --setup "$setting" || status=1
    done
    return "$status"
}

step_clang() {
    CC=clang configure clang
    build clang
    suite clang --setup reduced
}

# The sanitizers end a test at their first finding. Shared objects find their runtime in the
# executable, hence b_lundef.
sanitized=(-Db_lundef=false -Dbench=false -Doptimization=1)

configure_asan() {
    CC=clang configure asan "${sanitized[@]}" -Db_sanitize=address,undefined -Dfuzzers=true \
        -Dc_args='-fno-sanitize-recover=all -fsanitize=fuzzer-no-link'
}

step_asan() {
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
    export UBSAN_OPTIONS=print_stacktrace=1
    configure_asan
    build asan
    suite asan --setup reduced
}

# TSan of clang 14 and gcc 12 cannot place its shadow under a kernel that randomises addresses
# by more than 28 bits, so the layout is fixed where the system lets us.
fixed_layout() {
    if setarch -R true 2>/dev/null; then
        setarch -R "$@"
    else
        "$@"
    fi
}

# Threads share arrays in the same way on every instruction set: one will do.
step_tsan() {
    # Each test is a process of its own, which would sleep for a second when it ends.
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:atexit_sleep_ms=0
    CC=clang configure tsan "${sanitized[@]}" -Db_sanitize=thread -Dwidest=base
    build tsan
    fixed_layout bash -c "$(declare -f suite); top='$top'; suite tsan --setup threads"
}

step_numpy() {
    local count=5000
    CC=$(cached_gcc) configure gcc
    build gcc
    if ((is_long)); then
        count=100000
    fi
    local generator
    for generator in "run.py --jobs $jobs" "run.py --complex --jobs $jobs" "checked.py --jobs $jobs" \
        complex_functions.py groups.py nulls.py strings.py times.py; do
        # shellcheck disable=SC2086
        "$venv/bin/python" tests/differential/$generator --library "$top/gcc/api/libevex.so" \
            --count "$count" | tee -a /dev/fd/3
    done
}

# The package as users get it, but for the isolation, which would load everything anew, and the
# build type, which is that of the gcc step so that its objects serve.
step_python() {
    local status=0
    CC=$(cached_gcc) "$venv/bin/pip" install --quiet --disable-pip-version-check --no-build-isolation \
        --no-deps --force-reinstall -Cbuild-dir="$top/python" \
        -Csetup-args=-Dbuildtype=debugoptimized -Csetup-args=-Db_ndebug=false \
        -Csetup-args=-Dwerror=true .
    PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -m pytest -q -p no:cacheprovider \
        tests/python >"$top/pytest.log" 2>&1 || status=$?
    cat "$top/pytest.log"
    {
        tail -n 1 "$top/pytest.log"
        sed -nE '$ s/.*\b([0-9]+) passed.*/Ok: \1/p; $ s/.*\b([0-9]+) failed.*/Fail: \1/p' \
            "$top/pytest.log"
    } | sed 's/^/python: /; s/^python: \(Ok\|Fail\)/\1/' >&3
    return "$status"
}

# An aarch64 file system with what the build needs, unpacked from packages without installing any.
arm64_packages=(libpcre2-8-0 libpcre2-dev check libsubunit0 libsubunit-dev libgmp10 libgmp-dev
    libmpfr6 libmpfr-dev libsimde-dev)

unpack_sysroot() {
    local root=$1 state=$top/aarch64-apt package
    local -a options=(-o "Dir::State::Lists=$state/lists" -o "Dir::State::status=/dev/null"
        -o "Dir::Cache=$state/cache" -o APT::Architecture=arm64 -o APT::Architectures::=arm64
        -o "APT::Sandbox::User=$(id -un)")
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/packages"
    apt-get -q "${options[@]}" update
    (cd "$state/packages" && apt-get -q "${options[@]}" download "${arm64_packages[@]}")
    mkdir -p "$root.new"
    for package in "$state"/packages/*.deb; do
        dpkg -x "$package" "$root.new"
    done
    rm -rf "$state"
    mv "$root.new" "$root"
}

step_aarch64() {
    local root=$top/aarch64-root
    if [[ -n $(missing_of "${cross_packages[@]}") ]]; then
        echo 'aarch64: skipped, no cross compiler or qemu-user here' | tee -a /dev/fd/3
        return 0
    fi
    if [[ ! -d $root ]] && ! unpack_sysroot "$root"; then
        echo 'aarch64: skipped, no arm64 packages from the sources of this system' | tee -a /dev/fd/3
        return 0
    fi
    printf "[constants]\nsysroot = '%s'\nlibraries = '%s'\n" "$root" \
        "$root/usr/lib/aarch64-linux-gnu" >"$top/aarch64-root.ini"
    CC='' configure aarch64 --cross-file "$top/aarch64-root.ini" \
        --cross-file scripts/aarch64.ini -Dbench=false
    CC=$(cached_gcc) configure gcc
    if ((is_long)); then
        build aarch64
        suite aarch64 --setup reduced
    fi
    ninja -C "$top/aarch64" -j "$jobs" tests/meta/digest
    ninja -C "$top/gcc" -j "$jobs" tests/meta/digest
    "$top/gcc/tests/meta/digest" >"$top/digest.native"
    qemu-aarch64 -L /usr/aarch64-linux-gnu -E "LD_LIBRARY_PATH=$root/usr/lib/aarch64-linux-gnu" \
        "$top/aarch64/tests/meta/digest" >"$top/digest.aarch64"
    diff "$top/digest.native" "$top/digest.aarch64"
    printf 'aarch64: %d digests equal those of %s\n' "$(wc -l <"$top/digest.native")" \
        "$(uname -m)" | tee -a /dev/fd/3
}

# fuzz program seconds: on a copy of its corpus; what it finds is left in build-tests/findings/.
fuzz() {
    local program=$1 seconds=$2 status=0 harness corpus
    harness=${program##*/fuzz_}
    corpus=$(mktemp -d)
    cp tests/corpus/"$harness"/* "$corpus"
    mkdir -p "$top/findings"
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 \
        -print_final_stats=1 -artifact_prefix="$top/findings/$harness-" "$corpus" \
        >"$top/fuzz-$harness.log" 2>&1 || status=$?
    rm -rf "$corpus"
    if [[ $status != 0 ]]; then
        tail -n 60 "$top/fuzz-$harness.log"
    fi
    printf 'fuzz %s: %s %s\n' "$harness" "$([[ $status == 0 ]] && echo ok || echo FAIL)" \
        "$(grep -E 'number_of_executed_units' "$top/fuzz-$harness.log" || true)" | tee -a /dev/fd/3
    return "$status"
}

step_fuzz() {
    local seconds=10 status=0 harness
    local -a running=()
    if ((is_long)); then
        seconds=600
    fi
    configure_asan
    build asan
    for harness in "$top"/asan/tests/*/fuzz_*; do
        [[ -x $harness && -f $harness ]] || continue
        fuzz "$harness" "$seconds" &
        running+=($!)
        if ((${#running[@]} == jobs)); then
            wait "${running[0]}" || status=1
            running=("${running[@]:1}")
        fi
    done
    for harness in "${running[@]}"; do
        wait "$harness" || status=1
    done
    return "$status"
}

step_valgrind() {
    CC=$(cached_gcc) configure gcc
    build gcc
    suite gcc --setup valgrind
}

step_coverage() {
    CC=$(cached_gcc) configure coverage -Db_coverage=true -Dbench=false
    build coverage
    suite coverage
    gcovr --root . --exclude tests --exclude examples --print-summary \
        --txt "$top/coverage.txt" "$top/coverage" | tee -a /dev/fd/3
}

# ---- All of it ---------------------------------------------------------------------------------

all_steps=(packages 2 gcc 2 settings 2 clang 2 asan 2 tsan 2 numpy 1.5 python 1.5
    aarch64 1 fuzz 0.5)
long_steps=(valgrind 60 coverage 5)

wanted=()
for argument; do
    case $argument in
    --long) is_long=1 ;;
    -*)
        printf 'usage: scripts/test.sh [--long] [STEP...]\n' >&2
        exit 2
        ;;
    *)
        if ! declare -f "step_$argument" >/dev/null; then
            printf 'scripts/test.sh: no step %s\n' "$argument" >&2
            exit 2
        fi
        wanted+=("$argument")
        ;;
    esac
done
if ((is_long)); then
    all_steps+=("${long_steps[@]}")
fi

mkdir -p "$top"
rm -f "$top"/*.summary
for ((i = 0; i < ${#all_steps[@]}; i += 2)); do
    step=${all_steps[i]}
    if ((${#wanted[@]} == 0)) || [[ " ${wanted[*]} " == *" $step "* ]]; then
        run_step "$step" "${all_steps[i + 1]}"
        if [[ $step == packages && $n_failed != 0 ]]; then
            exit 1
        fi
    fi
done
printf '\n'
for ((i = 0; i < ${#all_steps[@]}; i += 2)); do
    cat "$top/${all_steps[i]}.summary" 2>/dev/null || true
done
printf '%d min %d s; %s\n' $((SECONDS / 60)) $((SECONDS % 60)) \
    "$([[ $n_failed == 0 ]] && echo 'all steps passed' || echo "$n_failed steps FAILED")"
printf '%d passed, %d failed\n' "$(total Ok)" "$(total Fail Timeout)"
[[ $n_failed == 0 ]]
