# SPDX-License-Identifier: MIT
"""The scripts of the gallery draw, and its page shows what they draw."""

import pathlib
import re
import struct
import subprocess
import sys
import zlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCRIPTS = sorted(p.name for p in (ROOT / "examples/gallery").glob("*.py") if p.name != "png.py")


def read_png(path):
    """Width, height and the pixels' bytes."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    n_bytes = struct.unpack(">I", data[33:37])[0]
    assert data[37:41] == b"IDAT"
    return width, height, zlib.decompress(data[41 : 41 + n_bytes])


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_draws_what_the_page_shows(script, tmp_path):
    picture = tmp_path / "picture.png"
    subprocess.run([sys.executable, ROOT / "examples/gallery" / script, picture], check=True)
    shown = read_png(ROOT / "docs" / f"gallery-{pathlib.Path(script).stem}.png")
    assert read_png(picture) == shown
    assert len(set(shown[2])) > 3


def test_the_page_shows_all():
    page = (ROOT / "docs/GALLERY.md").read_text()
    assert sorted(re.findall(r"\((?:\.\./examples/gallery/)([a-z]+\.py)\)", page)) == SCRIPTS
