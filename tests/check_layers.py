# SPDX-License-Identifier: MIT
"""Fails where a file includes across the layer diagram of docs/ARCHITECTURE.md.

    check_layers.py SOURCE_ROOT

Reads the #include lines of every C source, header, template and .def table. A project header is
named from the root ("core/op.h"); strangers to the inside may say "evex.h" or <evex.h>.
"""
import pathlib
import re
import sys

MAY_INCLUDE = {
    "include": set(),
    "core": {"include"},
    "parser": {"include", "core"},
    "compiler": {"include", "core", "parser"},
    "eval": {"include", "core"},
    "api": {"include", "core", "parser", "compiler", "eval"},
    "cli": {"include"},
    "python": {"include"},
    "examples": {"include"},
    "bench": {"include", "core", "parser", "compiler", "eval", "api"},
}
INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')


def fault(layer, quote, name):
    """Why the layer may not include the name, or None."""
    if name == "evex.h":
        return None if "include" in MAY_INCLUDE[layer] else "include/evex.h includes itself"
    folder = name.split("/")[0] if "/" in name else None
    if ".." in name.split("/"):
        return f"{name}: name headers from the root of the project"
    if folder in MAY_INCLUDE and folder != layer and folder not in MAY_INCLUDE[layer]:
        return f"{layer}/ may not include {folder}/"
    if quote == '"' and folder == "tests":
        return f"{layer}/ may not include tests/"
    return None


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".c", ".h", ".def"))


def main(root):
    n_read = n_bad = 0
    for layer in MAY_INCLUDE:
        for path in sources(root / layer):
            n_read += 1
            for n, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                why = fault(layer, *match.groups()) if match else None
                if why:
                    print(f"{path.relative_to(root)}:{n}: {why}")
                    n_bad += 1
    print(f"{n_read} files, {n_bad} forbidden includes")
    return n_bad != 0 or n_read == 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
