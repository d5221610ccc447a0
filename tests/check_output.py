# SPDX-License-Identifier: MIT
"""Fails where a program does not exit with 0 or does not print exactly the text of a file.

    check_output.py EXPECTED PROGRAM [ARGUMENT...]
"""
import difflib
import pathlib
import subprocess
import sys


def main(expected, command):
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    want = pathlib.Path(expected).read_text()
    sys.stdout.writelines(difflib.unified_diff(
        want.splitlines(True), run.stdout.splitlines(True), expected, command[0]))
    if run.returncode:
        print(f"status {run.returncode}: {run.stderr}")
    return run.returncode != 0 or run.stdout != want


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
