# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The one list of what evex needs from a Debian 12 or Ubuntu, and how to get what is missing. To be
# sourced. Needs apt, and root or sudo when something is missing; a system that has everything is
# left alone. Elsewhere, install the like of these packages by hand: README.md.

build_packages=(gcc libc6-dev meson ninja-build pkg-config libpcre2-dev libsimde-dev python3)
# shellcheck disable=SC2034  # a list for the scripts that source this one
test_packages=("${build_packages[@]}" g++ clang ccache binutils util-linux
    check libsubunit-dev libmpc-dev libmpfr-dev python3-dev python3-venv ca-certificates)
# For the sanitizers and fuzzers of clang, which Debian packages under a name with the version.
runtime_package() {
    local version
    version=$(clang -dumpversion 2>/dev/null) || return 0
    printf 'libclang-rt-%s-dev\n' "${version%%.*}"
}
# Not everywhere to be had; without them the steps that need them are skipped with a word.
# shellcheck disable=SC2034
cross_packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing_of() {
    local package
    for package; do
        is_installed "$package" || printf '%s\n' "$package"
    done
}

as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

# install_packages package...: installs those that are missing; shows apt's words if it fails.
install_packages() {
    local -a missing
    local log
    mapfile -t missing < <(missing_of "$@")
    ((${#missing[@]})) || return 0
    if ! command -v apt-get >/dev/null; then
        printf 'These packages are missing and there is no apt-get: %s\n' "${missing[*]}" >&2
        return 1
    fi
    if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
        printf 'As root, first run: apt-get install %s\n' "${missing[*]}" >&2
        return 1
    fi
    printf 'installing %s\n' "${missing[*]}"
    log=$(mktemp)
    # An update can fail over a source that none of this comes from; the installation decides.
    if [[ -z ${is_apt_updated:-} ]]; then
        as_root apt-get -q update >"$log" 2>&1 </dev/null || true
        is_apt_updated=1
    fi
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        install "${missing[@]}" >>"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
