# SPDX-License-Identifier: MIT
"""Fails where a header does not compile alone.

    check_headers.py SOURCE_ROOT BUILD_ROOT

include/evex.h as C11 and as C++17 with every compiler of gcc, clang, g++ and clang++ that is here,
without a warning; every internal header as C11. The vector math is written in a vocabulary that its
includer chooses, so it is compiled behind one, as is what vocabularies share; a vocabulary
needs its instruction set's flags. Bodies of templates (*.tmpl.h) are no headers.
"""
import concurrent.futures
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

FOLDERS = ("core", "parser", "compiler", "eval", "api", "cli")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-Wno-unused-function",
            "-fsyntax-only"]
COMPILERS = {"gcc": "c11", "clang": "c11", "g++": "c++17", "clang++": "c++17"}
FLAGS = {"256.h": ["-mavx2", "-mfma", "-mf16c"],
         "512.h": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mavx2", "-mfma"]}


def flags_of(header):
    if header.startswith("core/vecmath/single/"):
        return ["-include", "core/vecmath/single/width1.h"]
    if header.startswith("core/vecmath/"):
        return ["-include", "core/vecmath/width1.h"]
    if header.endswith("math_pairs.h"):
        return ["-include", "eval/simd/math128.h"]
    if header.endswith("single_words.h"):
        return ["-include", "eval/simd/single128.h"]
    if header.endswith("single_pairs.h"):
        return ["-mavx2", "-mfma", "-mf16c", "-include", "eval/simd/single256.h"]
    if header.endswith("words.h"):
        return ["-include", "eval/simd/v128.h"]
    return FLAGS.get(header[-5:], [])


def jobs(root, build, source_of):
    for compiler, standard in COMPILERS.items():
        if shutil.which(compiler):
            language = "c++" if standard.startswith("c++") else "c"
            yield [compiler, f"-std={standard}", *WARNINGS, f"-I{root}/include", "-x", language,
                   source_of("evex.h")]
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.h")):
            header = path.relative_to(root).as_posix()
            is_other_machine = header[-5:] in FLAGS and platform.machine() != "x86_64"
            if not header.endswith(".tmpl.h") and not is_other_machine:
                yield ["gcc", "-std=c11", "-D_GNU_SOURCE", *WARNINGS, f"-I{root}", f"-I{root}/include",
                       f"-I{build}", *flags_of(header), source_of(header)]


def main(root, build, scratch):
    def source_of(header):
        path = scratch / ("alone_" + header.replace("/", "_") + ".c")
        path.write_text(f'#include "{header}"\n#include "{header}"\n'
                        "int evex_alone(void);\nint evex_alone(void) {\n    return 0;\n}\n")
        return str(path)

    def compile_one(command):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if run.returncode == 0 else f"{' '.join(command)}\n{run.stderr}"

    commands = list(jobs(root, build, source_of))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        faults = [text for text in pool.map(compile_one, commands) if text]
    print("\n".join(faults + [f"{len(commands)} compilations, {len(faults)} failed"]))
    return bool(faults) or not commands


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(folder)))
