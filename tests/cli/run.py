# SPDX-License-Identifier: MIT
"""Drives the built program evex as its users do: answers, errors with their place, exit codes.

    run.py EVEX EXAMPLES

Standard library only. Each method named test_* is a test; cases.py has those that need nothing but
arguments, input and the expected answer.
"""
import array
import csv
import io
import math
import os
import pathlib
import pty
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

from cases import ABC, CASES, FAILURES

EVEX, EXAMPLES = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
SALES = EXAMPLES / "sales.csv"

DTYPES = {"<f8": "d", "<f4": "f", "<i8": "q", "<i4": "i", "<i2": "h", "|i1": "b", "|u1": "B",
          "<u2": "H", "<u4": "I", "<u8": "Q", "|b1": "?", "<M8[s]": "q", "<m8[ns]": "q"}


def evex(*arguments, stdin=None, cwd=None, env=None):
    """The finished process; stdin is text or bytes."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    return subprocess.run([EVEX, *map(str, arguments)], input=stdin if stdin is not None else b"",
                          capture_output=True, cwd=cwd, env=env, timeout=120)


def npy(descr, shape, data, order=False, version=1):
    """A .npy file of these raw elements, as NumPy would write it."""
    text = repr({"descr": descr, "fortran_order": order, "shape": tuple(shape)})
    prefix = 10 if version == 1 else 12
    text += " " * (-(prefix + len(text) + 1) % 64) + "\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode() + data


def read_npy(data):
    """(descr, shape, elements) of a .npy file; structured elements are tuples."""
    assert data[:6] == b"\x93NUMPY", data[:20]
    size, begin = (struct.unpack("<H", data[8:10])[0], 10) if data[6] == 1 else (
        struct.unpack("<I", data[8:12])[0], 12)
    header = eval(data[begin:begin + size].decode(), {"__builtins__": {}})
    assert (begin + size) % 64 == 0
    descr, body = header["descr"], data[begin + size:]
    if isinstance(descr, str):
        values = list(struct.unpack(f"<{len(body) // struct.calcsize(DTYPES[descr])}"
                                    + DTYPES[descr], body))
    else:
        values = list(struct.iter_unpack("<" + "".join(DTYPES[d] for _, d in descr), body))
    assert not header["fortran_order"]
    return descr, header["shape"], values


class Cases(unittest.TestCase):
    maxDiff = None

    def test_answers(self):
        for arguments, stdin, wanted in CASES:
            with self.subTest(arguments=arguments):
                done = evex(*arguments, stdin=stdin)
                self.assertEqual((done.stdout.decode(), done.stderr.decode(), done.returncode),
                                 (wanted, "", 0))

    def test_failures(self):
        for arguments, stdin, code, wanted in FAILURES:
            with self.subTest(arguments=arguments):
                done = evex(*arguments, stdin=stdin)
                self.assertEqual((done.returncode, done.stdout), (code, b""))
                self.assertTrue(done.stderr.startswith(b"evex: "), done.stderr)
                if wanted is not None:
                    self.assertEqual(done.stderr.decode(), wanted)

    def test_caps_change_nothing(self):
        programs = ["sum(price*qty)", "r = sqrt(x**2+y**2), t = arctan2(y,x)",
                    "mean(x), std(x), var(y), s = sum(x)"]
        caps = [["--isa", "ref"], ["--isa", "base"], ["--isa", "avx2"], ["-j", "1"], ["-j", "3"],
                ["--block", "1"], ["--block", "3"], ["--no-opt"]]
        for program in programs:
            wanted = evex(program, SALES)
            self.assertEqual(wanted.returncode, 0, wanted.stderr)
            for cap in caps:
                with self.subTest(program=program, cap=cap):
                    self.assertEqual(evex(*cap, program, SALES).stdout, wanted.stdout)


class Examples(unittest.TestCase):
    def rows(self):
        with open(SALES, newline="") as file:
            return list(csv.DictReader(file))

    def test_sum_of_products(self):
        wanted = math.fsum(float(r["price"]) * float(r["qty"]) for r in self.rows())
        found = float(evex("sum(price*qty)", SALES).stdout)
        self.assertLessEqual(abs(found - wanted), 1e-15 * abs(wanted))

    def test_both_columns(self):
        done = evex("r = sqrt(x**2+y**2), t = arctan2(y,x)", SALES)
        found = list(csv.DictReader(io.StringIO(done.stdout.decode())))
        self.assertEqual(len(found), len(self.rows()))
        for row, given in zip(found, self.rows()):
            x, y = float(given["x"]), float(given["y"])
            self.assertEqual(float(row["r"]), math.sqrt(x * x + y * y))
            self.assertTrue(math.isclose(float(row["t"]), math.atan2(y, x), rel_tol=1e-15))

    def test_added_column_keeps_the_rest(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.csv")
            self.assertEqual(evex("-a", "total = price*qty", SALES, "-o", path).returncode, 0)
            out = pathlib.Path(path).read_text().splitlines()
        given = SALES.read_text().splitlines()
        self.assertEqual(out[0], given[0] + ",total")
        for line, before, row in zip(out[1:], given[1:], self.rows(), strict=True):
            kept, total = line.rsplit(",", 1)
            self.assertEqual(kept, before)
            self.assertEqual(float(total), float(row["price"]) * float(row["qty"]))


class Arrays(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        pathlib.Path(path).write_bytes(data)
        return path

    def read(self, name):
        return read_npy(pathlib.Path(self.folder, name).read_bytes())

    def run_in(self, *arguments, code=0, stdin=None):
        done = evex(*arguments, cwd=self.folder, stdin=stdin)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr.decode()

    def doubles(self, *values):
        return struct.pack(f"<{len(values)}d", *values)

    def test_points(self):
        points = [(3.0, 4.0), (-1.5, 2.0), (0.1, 0.2)]
        descr = [("x", "<f8"), ("y", "<f8")]
        self.write("points.npy", npy(descr, (3,), b"".join(self.doubles(*p) for p in points)))
        self.run_in("r = sqrt(x**2+y**2), t = arctan2(y,x)", "points.npy", "-o", "out.npy")
        found, shape, values = self.read("out.npy")
        self.assertEqual((found, shape), ([("r", "<f8"), ("t", "<f8")], (3,)))
        for (r, t), (x, y) in zip(values, points, strict=True):
            self.assertEqual(r, math.sqrt(x * x + y * y))
            self.assertTrue(math.isclose(t, math.atan2(y, x), rel_tol=1e-15))
        self.run_in("sqrt(x**2 + y**2)", "points.npy", "-o", "r.npy")
        self.assertEqual(self.read("r.npy"),
                         ("<f8", (3,), [math.sqrt(x * x + y * y) for x, y in points]))
        self.assertEqual(self.run_in("sum(x), sum(y)", "points.npy"), b"sum(x),sum(y)\n1.6,6.2\n")

    def test_difference_by_names(self):
        self.write("1990.npy", npy("<f8", (2, 2), self.doubles(1, 2, 3, 4)))
        self.write("2020.npy", npy("<f8", (2, 2), self.doubles(10, 20, 30, 40)))
        self.run_in("d = b - a", "a=1990.npy", "b=2020.npy", "-o", "d.npy")
        self.assertEqual(self.read("d.npy"), ("<f8", (2, 2), [9, 18, 27, 36]))
        self.assertEqual(self.run_in("b - a", "a=1990.npy", "b=2020.npy"), b"9,18\n27,36\n")
        self.assertEqual(self.run_in("sum(a), sum(b)", "a=1990.npy", "b=2020.npy"),
                         b"sum(a),sum(b)\n10,100\n")

    def test_orders(self):
        big = struct.pack(">3h", 1, -2, 300)
        self.write("v.npy", npy(">i2", (3,), big, version=2))
        self.run_in("v + v", "v.npy", "-o", "w.npy")
        self.assertEqual(self.read("w.npy"), ("<i2", (3,), [2, -4, 600]))
        self.write("f.npy", npy("<f4", (2, 3), struct.pack("<6f", 1, 4, 2, 5, 3, 6), order=True))
        self.run_in("f * 2", "f.npy", "-o", "g.npy")
        self.assertEqual(self.read("g.npy"), ("<f4", (2, 3), [2, 4, 6, 8, 10, 12]))
        self.assertEqual(self.run_in("sum(f, axis=1)", "f.npy"), b"\"sum(f, axis=1)\"\n6\n15\n")

    def test_dtypes(self):
        for descr, code in DTYPES.items():
            with self.subTest(descr=descr):
                self.write("a.npy", npy(descr, (3,), struct.pack("<3" + code, 0, 1, 1)))
                self.run_in("b = a", "a.npy", "-o", "b.npy")
                self.assertEqual(self.read("b.npy"), (descr, (3,), [0, 1, 1]))

    def test_times_and_halves(self):
        self.write("t.npy", npy("<M8[s]", (3,), struct.pack("<3q", 86400, -1, -2**63)))
        self.assertEqual(self.run_in("t", "t.npy"), b"t\n1970-01-02T00:00:00\n"
                                                    b"1969-12-31T23:59:59\nNaT\n")
        self.assertEqual(self.run_in("t > '1970-01-01T12', datetime64(t, 'D')", "t.npy"),
                         b"t > '1970-01-01T12',\"datetime64(t, 'D')\"\n"
                         b"true,1970-01-02\nfalse,1969-12-31\nfalse,NaT\n")
        self.assertEqual(self.run_in("nanmax(t)", "t.npy"), b"1970-01-02T00:00:00\n")
        self.write("h.npy", npy("<f2", (3,), struct.pack("<3e", 0.5, -2, 65504)))
        self.run_in("h * 2", "h.npy", "-o", "f.npy")
        self.assertEqual(self.read("f.npy"), ("<f4", (3,), [1, -4, 131008]))

    def test_strings(self):
        self.write("s.npy", npy("|S2", (3,), b"EU" b"US" b"E\0"))
        self.assertEqual(self.run_in("s == 'EU'", "s.npy").split(), [b"s", b"==", b"'EU'",
                                                                     b"true", b"false", b"false"])
        self.write("u.npy", npy("<U2", (2,), "EUä\0".encode("utf-32-le")))
        self.assertEqual(self.run_in("count_nonzero(u == 'ä')", "u.npy"), b"1\n")

    def test_values_and_empty(self):
        self.write("a.npy", npy("<f8", (), self.doubles(2.5)))
        self.assertEqual(self.run_in("a*2", "a.npy"), b"5\n")
        self.run_in("a*2", "a.npy", "-o", "b.npy")
        self.assertEqual(self.read("b.npy"), ("<f8", (), [5.0]))
        self.write("e.npy", npy("<f8", (0, 3), b""))
        self.run_in("e + 1", "e.npy", "-o", "f.npy")
        self.assertEqual(self.read("f.npy"), ("<f8", (0, 3), []))
        self.assertEqual(self.run_in("sum(e)", "e.npy"), b"0\n")

    def test_from_a_pipe(self):
        data = npy("<f8", (100000,), self.doubles(*range(100000)))
        self.assertEqual(self.run_in("-i", "npy", "sum(stdin)", "-", stdin=data), b"4999950000\n")
        self.assertEqual(self.run_in("-i", "npy", "sum(v)", "v=-", stdin=data), b"4999950000\n")
        self.assertIn("ends in the middle of the data",
                      self.run_in("-i", "npy", "sum(v)", "v=-", stdin=data[:-1], code=3))
        self.assertEqual(self.run_in("-i", "npy", "-t", "npy", "v", "v=-", stdin=data), data[:10] +
                         self.run_in("-i", "npy", "-t", "npy", "v", "v=-", stdin=data)[10:])

    def test_table_to_npy(self):
        self.run_in("id, qty", SALES, "-o", "o.npy", code=2)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "o.npy")))
        self.run_in("p = price, q = int64(qty)", SALES, "-o", "o.npy")
        descr, shape, values = self.read("o.npy")
        with open(SALES, newline="") as file:
            wanted = [(float(r["price"]), int(r["qty"])) for r in csv.DictReader(file)]
        self.assertEqual((descr, shape, values),
                         ([("p", "<f8"), ("q", "<i8")], (len(wanted),), wanted))
        self.assertEqual(read_npy(self.run_in("price*1", SALES, "-t", "npy"))[2],
                         [p for p, _ in wanted])

    def test_shapes_that_do_not_match(self):
        self.write("a.npy", npy("<f8", (3, 4), self.doubles(*range(12))))
        self.write("b.npy", npy("<f8", (4, 3), self.doubles(*range(12))))
        self.assertEqual(self.run_in("a + b", "a.npy", "b.npy", "-o", "c.npy", code=3),
                         "evex: a.npy (3,4) and b.npy (4,3): shapes do not match\n")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "c.npy")))

    def test_complex_numbers(self):
        self.write("z.npy", npy(">c8", (2,), struct.pack(">4f", 1, 2, 0, -3)))
        made = self.run_in("z * 2j", "z.npy", "-t", "npy")
        self.assertIn(b"'<c8'", made)
        self.assertEqual(struct.unpack("<4f", made[-16:]), (-4, 2, 6, 0))
        self.assertEqual(self.run_in("sum(z)", "z.npy"), b"1-1j\n")

    def test_refusals(self):
        for descr, size, what in [("|O", 8, "never loaded"), ("<M8[25s]", 8, "not in this version"),
                                  ("<c32", 32, "not in this version"), ("<i3", 3, "unknown")]:
            self.write("a.npy", npy(descr, (1,), b"\0" * size))
            self.assertIn(what, self.run_in("a", "a.npy", code=3))
        self.write("a.npy", npy("<f8", (10**15,), b"12345678"))
        self.assertIn("promises", self.run_in("sum(a)", "a.npy", code=3))

    def test_cut_at_every_byte(self):
        data = npy("<f8", (2,), self.doubles(1, 2))
        for n in range(len(data)):
            self.write("a.npy", data[:n])
            self.assertTrue(self.run_in("sum(a)", "a.npy", code=3).startswith("evex: a.npy: "))


class Text(unittest.TestCase):
    def test_cut_at_every_byte(self):
        text = b'a,"b"\r\n1,"2"\r\n"3",4\n'
        for n in range(len(text) + 1):
            done = evex("sum(a)", "-", stdin=text[:n])
            self.assertIn(done.returncode, (0, 2, 3), text[:n])
            self.assertEqual(done.returncode == 0, done.stderr == b"", done.stderr)

    def test_large_and_piped(self):
        generator = random.Random(3)
        rows = [(generator.uniform(-1e3, 1e3), generator.randrange(1000)) for _ in range(50000)]
        text = "x,n\n" + "".join(f"{x!r},{n}\n" for x, n in rows)
        mean = math.fsum(x for x, _ in rows) / len(rows)
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            file.write(text.encode())
            file.flush()
            for program, wanted in [
                    ("sum(x)", math.fsum(x for x, _ in rows)),
                    ("sum(n)", sum(n for _, n in rows)), ("max(x)", max(x for x, _ in rows)),
                    ("mean(abs(x - mean(x)))",
                     math.fsum(abs(x - mean) for x, _ in rows) / len(rows))]:
                outputs = {evex(program, file.name).stdout, evex(program, "-", stdin=text).stdout,
                           evex("-j", "1", program, file.name).stdout}
                self.assertEqual(len(outputs), 1, program)
                self.assertTrue(math.isclose(float(outputs.pop()), wanted, rel_tol=1e-12), program)
            done = evex("-a", "y = x", "--type", "n=i64", file.name)
            self.assertEqual(done.stdout.decode(),
                             "x,n,y\n" + "".join(f"{x!r},{n},{x!r}\n" for x, n in rows))

    def test_several_files_are_one_table(self):
        with tempfile.TemporaryDirectory() as folder:
            for i in range(3):
                pathlib.Path(folder, f"s{i}.csv").write_text(f"a,b\n{i},1\n{i},2\n")
            pathlib.Path(folder, "t.csv").write_text("a,c\n1,2\n")
            files = [f"s{i}.csv" for i in range(3)]
            self.assertEqual(evex("sum(a), n = count()", *files, cwd=folder).stdout,
                             b"sum(a),n\n6,6\n")
            self.assertEqual(evex("a - mean(a)", *files, cwd=folder).stdout,
                             b"a - mean(a)\n-1\n-1\n0\n0\n1\n1\n")
            done = evex("sum(a)", "s0.csv", "t.csv", cwd=folder)
            self.assertEqual((done.returncode, done.stderr),
                             (3, b"evex: t.csv: column 2 is 'c', unlike in s0.csv\n"))

    def test_standard_input_that_is_a_file_begins_where_it_is(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"skipped\nx\n1\n2\n")
            file.flush()
            os.lseek(file.fileno(), 8, os.SEEK_SET)
            done = subprocess.run([EVEX, "x - mean(x)", "-"], stdin=file, capture_output=True)
            self.assertEqual(done.stdout, b"x - mean(x)\n-0.5\n0.5\n")


class Outputs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def test_an_old_file_survives_failures(self):
        old = pathlib.Path(self.folder, "o.csv")
        old.write_text("old")
        rows = "x\n" + "1\n" * 100000
        for program, text, code in [("x+1", rows + "bad\n", 3), ("x+", rows, 2), ("y", rows, 2),
                                    ("x - mean(x)", rows + "1,2\n", 3)]:
            self.assertEqual(evex(program, "-", "-o", old, stdin=text).returncode, code)
            self.assertEqual(old.read_text(), "old")
            self.assertEqual(os.listdir(self.folder), ["o.csv"])
        old.chmod(0o640)
        self.assertEqual(evex("x+1", "-", "-o", old, stdin="x\n1\n").returncode, 0)
        self.assertEqual(old.read_text(), "x+1\n2\n")
        self.assertEqual(old.stat().st_mode & 0o777, 0o640)
        self.assertEqual(os.listdir(self.folder), ["o.csv"])

    def test_a_link_is_followed(self):
        target, link = pathlib.Path(self.folder, "t.csv"), pathlib.Path(self.folder, "l.csv")
        target.write_text("old")
        link.symlink_to(target)
        self.assertEqual(evex("1+1", "-o", link).returncode, 0)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_text(), "2\n")

    def test_the_input_is_not_written_onto(self):
        path = pathlib.Path(self.folder, "i.csv")
        path.write_text(ABC)
        done = evex("-a", "t = price", path, "-o", path)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(path.read_text(), ABC)

    def test_the_extension_decides(self):
        path = pathlib.Path(self.folder, "o.tsv")
        evex("id, qty", "-", "-o", path, stdin=ABC)
        self.assertEqual(path.read_text(), "id\tqty\n1\t4\n2\t1\n3\t8\n")
        done = evex("id", "-", "-o", pathlib.Path(self.folder, "o.parquet"), stdin=ABC)
        self.assertEqual(done.returncode, 2)

    def test_a_full_disk(self):
        for arguments in [["*", SALES, "-o", "/dev/full"], ["sum(price)", SALES, "-o", "/dev/full"],
                          ["price*1", SALES, "-t", "npy", "-o", "/dev/full"]]:
            done = evex(*arguments)
            self.assertEqual(done.returncode, 4, arguments)
            self.assertIn(b"No space left", done.stderr)
        for arguments in [["*", SALES], ["2"], ["-h"], ["-V"], ["--explain", "1+1"],
                          ["price*1", SALES, "-t", "npy"]]:
            with open("/dev/full", "w") as full:
                done = subprocess.run([EVEX, *map(str, arguments)], stdout=full,
                                      stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 4, arguments)

    def test_a_folder_that_is_not_there(self):
        done = evex("1", "-o", os.path.join(self.folder, "no", "o.csv"))
        self.assertEqual(done.returncode, 4)

    def test_a_closed_stdout(self):
        done = subprocess.run(["sh", "-c", '"$0" "*" "$1" >&-', EVEX, SALES],
                              capture_output=True)
        self.assertEqual(done.returncode, 4)

    def test_a_reader_that_goes_ends_it_quietly(self):
        rows = os.path.join(self.folder, "r.csv")
        pathlib.Path(rows).write_text("x\n" + "1\n" * 300000)
        for restore in (True, False):
            process = subprocess.Popen([EVEX, "x+1", rows], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, restore_signals=restore)
            process.stdout.read(10)
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(), -signal.SIGPIPE)
            process.stderr.close()

    def test_an_interrupt_removes_the_temporary_file(self):
        process = subprocess.Popen([EVEX, "x+1", "-", "-o", "o.csv"], cwd=self.folder,
                                   stdin=subprocess.PIPE)
        process.stdin.write(b"x\n" + b"1\n" * 300000)
        process.stdin.flush()
        while not os.listdir(self.folder):
            pass
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), -signal.SIGINT)
        process.stdin.close()
        self.assertEqual(os.listdir(self.folder), [])

    def test_spooling_goes_to_tmpdir(self):
        done = evex("x - mean(x)", "-", stdin="x\n1\n2\n", env={"TMPDIR": "/no/such/folder"})
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"/no/such/folder", done.stderr)
        done = evex("x - mean(x)", "-", stdin="x\n1\n3\n", env={"TMPDIR": self.folder})
        self.assertEqual(done.stdout, b"x - mean(x)\n-1\n1\n")
        self.assertEqual(os.listdir(self.folder), [])


class Terminal(unittest.TestCase):
    def run_on_terminal(self, *arguments, stdin=b"", on_stderr=False):
        """What the program writes to a terminal that is its stdout (or its stderr)."""
        leader, follower = pty.openpty()
        shown = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        shown["stderr" if on_stderr else "stdout"] = follower
        process = subprocess.Popen([EVEX, *map(str, arguments)], stdin=subprocess.PIPE, **shown)
        os.close(follower)
        process.stdin.write(stdin)
        process.stdin.close()
        out = b""
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            out += piece
        os.close(leader)
        self.assertIn(process.wait(), (0, 2, 3))
        if process.stderr:
            process.stderr.close()
        return out.decode().replace("\r\n", "\n")

    def test_an_aligned_table(self):
        self.assertEqual(self.run_on_terminal("region, t = price*qty", "-", stdin=ABC.encode()),
                         "region   t\nEU      10\nUS      10\nEU       2\n")
        self.assertEqual(self.run_on_terminal("sum(qty)", "-", stdin=ABC.encode()), "13\n")

    def test_twenty_rows_unless_all(self):
        rows = b"x\n" + b"".join(b"%d\n" % i for i in range(3000))
        short = self.run_on_terminal("x*2", "-", stdin=rows).splitlines()
        self.assertEqual(len(short), 22)
        self.assertEqual(short[-1], "... (more rows; --all shows them)")
        self.assertEqual(len(self.run_on_terminal("--all", "x*2", "-", stdin=rows).splitlines()),
                         3001)
        exactly = b"x\n" + b"1\n" * 20
        self.assertEqual(len(self.run_on_terminal("x*2", "-", stdin=exactly).splitlines()), 21)

    def test_a_cell_cannot_drive_the_terminal(self):
        out = self.run_on_terminal("a", "-", stdin=b"a\n\x1b[31m\n")
        self.assertEqual(out, "a\n\\x1b[31m\n")

    def test_binary_data_is_refused(self):
        self.assertEqual(self.run_on_terminal("qty*1", "-", "-t", "npy", stdin=ABC.encode()), "")

    def test_the_line_of_a_bad_cell(self):
        out = self.run_on_terminal("sum(price)", "-", stdin=b"id,price\n7,abc\n", on_stderr=True)
        self.assertEqual(out, "evex: stdin:2:2: price: 'abc' is not a number\n"
                              "  7,abc\n"
                              "    ^~~\n")


class About(unittest.TestCase):
    def test_help_fits_a_screen(self):
        lines = evex("-h").stdout.decode().splitlines()
        self.assertLessEqual(len(lines), 24)
        self.assertLessEqual(max(map(len, lines)), 80)

    def test_topics(self):
        for topic in ["options", "formats", "types", "missing", "errors", "functions", "sqrt",
                      "explain", "-a"]:
            done = evex("--help", topic)
            self.assertEqual(done.returncode, 0, topic)
            self.assertTrue(done.stdout, topic)
            widest = 120 if topic == "functions" else 80
            self.assertLessEqual(max(map(len, done.stdout.decode().splitlines())), widest, topic)
        self.assertIn(b"sqrt(x)", evex("--help", "sqrt").stdout)
        self.assertIn(b"did you mean 'sqrt'?", evex("--help", "sqrtt").stderr)

    def test_version(self):
        self.assertRegex(evex("-V").stdout.decode(), r"^evex \d+\.\d+\.\d+ \(\w+\)\n$")

    def test_explain_and_check(self):
        done = evex("--explain", "sum(price*qty)", SALES)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"f64 price", done.stdout)
        self.assertEqual(evex("--explain", "2*a + 3*b").returncode, 0)
        self.assertEqual(evex("--check", "sum(price*qty)", SALES).stdout, b"")
        self.assertEqual(evex("--check", "sum(prize*qty)", SALES).returncode, 2)

    def test_a_program_from_a_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".evex") as file:
            file.write("# the total\nt = price * qty\nsum(t)\n")
            file.flush()
            self.assertEqual(evex("-f", file.name, "-", stdin=ABC).stdout, b"22\n")
            self.assertEqual(evex("-f", "-", SALES, stdin="1+1").stdout, b"2\n")

    def test_locale_does_not_matter(self):
        for name in ("de_DE.UTF-8", "C", "tr_TR.UTF-8"):
            done = evex("a + 0.5", "-", stdin="a\n1.5\n", env={"LC_ALL": name})
            self.assertEqual(done.stdout, b"a + 0.5\n2\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
