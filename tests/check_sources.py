# SPDX-License-Identifier: MIT
"""Fails where a source file breaks a rule of the house that a regular expression can see.

    check_sources.py SOURCE_ROOT

Every file begins with its one SPDX line (after a #! line); no file holds a note of unfinished work
or a path of somebody's machine; the library's own code takes memory from core/memory.c alone and
never prints, ends the process, or reads the environment, the locale or errno.
"""
import pathlib
import re
import sys

SUFFIXES = {".c", ".h", ".def", ".py", ".sh", ".build", ".ini", ".cpp"}
NAMES = {"run", "meson_options.txt"}
LIBRARY = ("core", "parser", "compiler", "eval", "api")
OURS = LIBRARY + ("include", "cli", "bench", "examples", "tests", "scripts", "python", ".ci")

SPDX = "SPDX-License-" + "Identifier: MIT"
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/")
NOT_IN_LIBRARY = re.compile(
    r"(?<![\w.>])(v?[fsd]?n?printf|puts|fputs|putchar|perror|getenv|secure_getenv|abort|exit|_exit"
    r"|assert|setlocale|strtod|strtol)\s*\(|\b(errno)\b(?!\.h)")
ALLOCATION = re.compile(r"(?<![\w.>])(malloc|calloc|realloc|aligned_alloc|posix_memalign|free)\s*\(")
COMMENT_OR_TEXT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)


def files(root):
    yield from sorted(p for p in root.glob("*") if p.name in NAMES or p.suffix == ".build")
    for folder in OURS:
        for path in sorted((root / folder).rglob("*")):
            is_data = "corpus" in path.parts or "golden" in path.parts
            if path.is_file() and not is_data and (path.suffix in SUFFIXES or path.name in NAMES):
                yield path


def head_faults(lines):
    at = 1 if lines and lines[0].startswith("#!") else 0
    has_head = len(lines) > at and SPDX in lines[at]
    if not has_head and not (len(lines) > at + 1 and lines[at].startswith("# shellcheck")):
        yield at + 1, "the first line is not the SPDX line"
    n = sum(line.startswith((f"/* {SPDX}", f"# {SPDX}", f"// {SPDX}")) for line in lines)
    if n > 1:
        yield at + 1, f"{n} SPDX lines"


def without_comments(text):
    """The text with comments and string contents blanked, line numbers kept."""
    return COMMENT_OR_TEXT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def code_faults(path, text):
    for n, line in enumerate(without_comments(text).splitlines(), 1):
        for match in NOT_IN_LIBRARY.finditer(line):
            # The shim is where the system's own codes end.
            if not (match[2] and path.as_posix() == "core/system.c"):
                yield n, f"{match[1] or match[2]} in library code"
        if path.as_posix() != "core/memory.c":
            for match in ALLOCATION.finditer(line):
                yield n, f"{match[1]} outside core/memory.c"


def faults(path, text):
    """(line, what) for every fault; path is relative to the root."""
    lines = text.splitlines()
    yield from head_faults(lines)
    for n, line in enumerate(lines, 1):
        for pattern in (UNFINISHED, MACHINE_PATH):
            match = pattern.search(line)
            if match:
                yield n, f"'{match[0]}' has no place here"
    if path.parts[0] in LIBRARY and path.suffix in (".c", ".h", ".def"):
        yield from code_faults(path, text)


def main(root):
    n_read = n_bad = 0
    for path in files(root):
        n_read += 1
        relative = path.relative_to(root)
        if relative.as_posix() == "tests/check_sources.py":
            continue
        for n, what in faults(relative, path.read_text()):
            print(f"{relative}:{n}: {what}")
            n_bad += 1
    print(f"{n_read} files, {n_bad} faults")
    return n_bad != 0 or n_read == 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
