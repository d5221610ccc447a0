# SPDX-License-Identifier: MIT
"""Fails where the libraries' symbols are not those of include/evex.h.

    check_exports.py SHARED STATIC

The shared library exports exactly the functions that evex.h declares; every global symbol of the
static library begins with evex_, so that it can be linked into anything; and neither calls what
library code must not: printing, ending the process, the environment, the locale.
"""
import pathlib
import re
import subprocess
import sys

HEADER = pathlib.Path(__file__).resolve().parent.parent / "include" / "evex.h"
FORBIDDEN = re.compile(r"_*(v?[fsd]?n?printf(_chk)?|puts|perror|(secure_)?getenv|abort|_?exit"
                       r"|assert_fail|setlocale|strtod|strtol)")


def symbols(path, *options):
    """(name, nm's letter) of the symbols that nm lists."""
    out = subprocess.run(["nm", *options, path], check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in out.splitlines())
    return {(row[-1].split("@")[0], row[-2]) for row in rows if len(row) >= 2 and len(row[-2]) == 1}


def declared():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    return set(re.findall(r"EVEX_API[^;]*?\b(evex_\w+)\s*\(", text))


def main(shared, static):
    faults = []
    exported = {name for name, _ in symbols(shared, "-D", "--defined-only")}
    faults += [f"{name} is exported but not in evex.h" for name in sorted(exported - declared())]
    faults += [f"{name} of evex.h is not exported" for name in sorted(declared() - exported)]
    inside = {name for name, _ in symbols(static, "-g", "--defined-only")}
    faults += [f"{name} in the static library does not begin with evex_"
               for name in sorted(inside) if not name.startswith("evex_")]
    called = {name for name, _ in symbols(shared, "-D", "--undefined-only")}
    faults += [f"library code calls {name}" for name in sorted(called) if FORBIDDEN.fullmatch(name)]
    print("\n".join(faults + [f"{len(exported)} exported, {len(inside)} global in the archive, "
                              f"{len(called)} called, {len(faults)} faults"]))
    return bool(faults) or not exported or not inside


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
