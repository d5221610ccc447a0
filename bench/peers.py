# SPDX-License-Identifier: MIT
"""The contestants of bench_peers.py: each takes a line of the corpus in the way its users would.

A contestant's prepare(line, arrays, out, n_threads) gives a function of no argument that evaluates
once, or raises Unsupported. out is an array for the result, for those who write into one. Whatever
can be done once (compiling, loading a table) is done in prepare. n_threads is one of the
contestant's `threads`. make() gives those that are installed.
"""

import ast
import importlib
import sys

import numpy as np

ALL_PROCESSORS = 2


class Unsupported(Exception):
    """The contestant has no way to say this line."""


def is_boolean(node):
    """Whether the value is a truth value, as far as the corpus's expressions go."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        return is_boolean(node.left)
    return isinstance(node, ast.Compare)


def rewrite(text, change):
    """The expression with change(node) for every node, innermost first; None keeps a node."""

    class Rewriter(ast.NodeTransformer):
        def generic_visit(self, node):
            node = super().generic_visit(node)
            return change(node) or node

    return ast.unparse(Rewriter().visit(ast.parse(text, mode="eval")))


def reduction_of(text):
    """(name, argument's text, keywords) where the line is a reduction, else None."""
    call = ast.parse(text, mode="eval").body
    if not (isinstance(call, ast.Call) and call.func.id in ("sum", "mean", "std", "min", "argmax")):
        return None
    return (
        call.func.id,
        ast.unparse(call.args[0]),
        {k.arg: ast.literal_eval(k.value) for k in call.keywords},
    )


class NumPy:
    name, threads = "NumPy", (1,)

    def __init__(self):
        self.version = np.__version__

    def prepare(self, line, arrays, out, n_threads):
        code = compile(line.text, line.name, "eval")
        names = dict(vars(np), **arrays)
        return lambda: eval(code, names)


class NumExpr:
    """Compiled once, as for re_evaluate, but safe beside blosc2, which uses numexpr as well.
    Constants of a float32 line are float32 variables, or it would compute in float64."""

    name, threads = "numexpr", (1, ALL_PROCESSORS)

    def __init__(self):
        self.module = importlib.import_module("numexpr")
        self.version = self.module.__version__

    def prepare(self, line, arrays, out, n_threads):
        text, names = line.text, dict(arrays)
        reduction = reduction_of(text)
        if reduction and reduction[0] not in ("sum", "min"):
            raise Unsupported
        if line.is_single():
            text = rewrite(text, lambda node: self.constant(node, names))
        self.module.set_num_threads(n_threads)
        types = [(name, self.module.necompiler.getType(np.asarray(a))) for name, a in names.items()]
        function = self.module.NumExpr(text, types)
        operands, result = list(names.values()), None if reduction else out
        return lambda: function(*operands, out=result, order="K", casting="safe", ex_uses_vml=False)

    @staticmethod
    def constant(node, names):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, float)):
            return None
        name = f"constant_{len(names)}"
        names[name] = np.float32(node.value)
        return ast.Name(name)


class Numba:
    """The loop that a user of numba would write, compiled in parallel."""

    name, threads = "numba", (1, ALL_PROCESSORS)

    def __init__(self):
        self.module = importlib.import_module("numba")
        self.functions = {}
        self.version = self.module.__version__

    def prepare(self, line, arrays, out, n_threads):
        self.module.set_num_threads(n_threads)
        function = self.compile(line)
        if reduction_of(line.text):
            return lambda: function(*arrays.values())

        def run():
            function(*arrays.values(), out)
            return out

        return run

    def compile(self, line):
        """The line's function, for which machine code is made once."""
        if line.name not in self.functions:
            names = {"np": np, "prange": self.module.prange}
            exec(self.source(line), names)
            self.functions[line.name] = self.module.njit(parallel=True)(names["f"])
        return self.functions[line.name]

    def source(self, line):
        """The text of a function f."""
        inputs = ", ".join(o.name for o in line.operands)
        reduction = reduction_of(line.text)
        if not reduction:
            value = self.element(line.text, line)
            head = f"def f({inputs}, out):\n for row in prange(out.shape[0]):\n  "
            if line.is_vector():
                return f"{head}out[row] = {value}"
            return f"{head}for column in range(out.shape[1]): out[row, column] = {value}"
        name, argument, keywords = reduction
        if name == "sum" and not keywords:
            first = line.operands[0].name
            return (
                f"def f({inputs}):\n s = 0.0\n for row in prange({first}.size):\n"
                f"  s += {self.element(argument, line)}\n return s"
            )
        options = "".join(f", {key}={value}" for key, value in keywords.items())
        return f"def f({inputs}):\n return np.{name}({argument}{options})"

    SUBSCRIPTS = {"n": "[row]", "rc": "[row, column]", "c": "[column]", "r1": "[row, 0]"}

    def element(self, text, line):
        """The text for one element."""
        subscripts = {o.name: o.name + self.SUBSCRIPTS["".join(o.shape)] for o in line.operands}

        def change(node):
            if isinstance(node, ast.Name) and node.id in subscripts:
                return ast.parse(subscripts[node.id], mode="eval").body
            if isinstance(node, ast.Call) and node.func.id == "where":
                return ast.IfExp(*node.args)
            if isinstance(node, ast.Call):
                return ast.Call(ast.Attribute(ast.Name("np"), node.func.id), node.args, [])
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, float)
                and line.is_single()
            ):
                return ast.Call(ast.parse("np.float32", mode="eval").body, [node], [])
            return None

        return rewrite(text, change)


class Jax:
    """XLA on the processor, which gives its result in memory of its own."""

    name, threads = "JAX", (ALL_PROCESSORS,)

    def __init__(self):
        self.module = importlib.import_module("jax")
        self.numpy = importlib.import_module("jax.numpy")
        self.version = self.module.__version__
        self.module.config.update("jax_platforms", "cpu")
        self.module.config.update("jax_enable_x64", True)

    def prepare(self, line, arrays, out, n_threads):
        names = [o.name for o in line.operands]
        function = self.module.jit(
            eval(f"lambda {', '.join(names)}: {line.text}", dict(vars(self.numpy)))
        )
        inputs = [self.numpy.asarray(arrays[name]) for name in names]
        return lambda: function(*inputs).block_until_ready()


class Torch:
    """torch.compile, which fuses into C++ with OpenMP."""

    name, threads = "PyTorch", (1, ALL_PROCESSORS)
    NAMES = {"arctan2": "atan2", "arcsin": "asin"}

    def __init__(self):
        self.module = importlib.import_module("torch")
        self.version = self.module.__version__

    def prepare(self, line, arrays, out, n_threads):
        self.module.set_num_threads(n_threads)
        names = [o.name for o in line.operands]
        inputs = [self.module.from_numpy(arrays[name]) for name in names]
        known = dict(
            vars(self.module),
            **{ours: getattr(self.module, theirs) for ours, theirs in self.NAMES.items()},
        )
        text = line.text.replace("axis=", "dim=").replace("std(a)", "std(a, correction=0)")
        function = self.module.compile(eval(f"lambda {', '.join(names)}: {text}", known))
        return lambda: function(*inputs)


class Polars:
    """An expression over the columns of a frame."""

    name, threads = "Polars", (ALL_PROCESSORS,)

    def __init__(self):
        self.module = importlib.import_module("polars")
        self.version = self.module.__version__

    def prepare(self, line, arrays, out, n_threads):
        if not line.is_plain() or ">>" in line.text:
            raise Unsupported
        frame = self.module.DataFrame(arrays).lazy()
        names = {o.name: self.module.col(o.name) for o in line.operands}
        query = frame.select(eval(line.text, self.functions(), names).alias("result"))
        return lambda: query.collect(engine="streaming")["result"]

    def functions(self):
        def method(name, **options):
            return lambda e: getattr(e, name)(**options)

        names = (
            "sqrt",
            "exp",
            "log",
            "log1p",
            "sin",
            "cos",
            "tanh",
            "arcsin",
            "sum",
            "mean",
            "min",
        )
        functions = {name: method(name) for name in names}
        functions.update(
            std=method("std", ddof=0),
            argmax=method("arg_max"),
            arctan2=self.module.arctan2,
            where=lambda c, x, y: self.module.when(c).then(x).otherwise(y),
        )
        return functions


class DuckDB:
    """A query over a table of its own, fetched as NumPy arrays."""

    name, threads = "DuckDB", (ALL_PROCESSORS,)
    FUNCTIONS = {
        "arctan2": "atan2",
        "arcsin": "asin",
        "log": "ln",
        "mean": "avg",
        "std": "stddev_pop",
    }
    COMPARISONS = {
        ast.Lt: "<",
        ast.LtE: "<=",
        ast.Gt: ">",
        ast.GtE: ">=",
        ast.Eq: "=",
        ast.NotEq: "<>",
    }
    OPERATORS = {
        ast.Add: "+",
        ast.Sub: "-",
        ast.Mult: "*",
        ast.Div: "/",
        ast.Mod: "%",
        ast.RShift: ">>",
    }

    def __init__(self):
        self.module = importlib.import_module("duckdb")
        self.version = self.module.__version__

    def prepare(self, line, arrays, out, n_threads):
        if not line.is_plain():
            raise Unsupported
        connection = self.module.connect()
        connection.execute(f"SET threads = {n_threads}")
        connection.execute("CREATE TABLE operands AS SELECT * FROM arrays")
        query = f"SELECT {self.sql(ast.parse(line.text, mode='eval').body)} AS result FROM operands"
        return lambda: connection.execute(query).fetchnumpy()["result"]

    def sql(self, node):
        """The node as SQL, in parentheses."""
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Constant):
            return repr(node.value) if isinstance(node.value, int) else f"{node.value!r}::DOUBLE"
        if isinstance(node, ast.UnaryOp):
            return f"(-{self.sql(node.operand)})"
        if isinstance(node, ast.Compare):
            operator = self.COMPARISONS[type(node.ops[0])]
            return f"({self.sql(node.left)} {operator} {self.sql(node.comparators[0])})"
        if isinstance(node, ast.BinOp):
            return self.binary(node)
        return self.call(node)

    def binary(self, node):
        left, right = self.sql(node.left), self.sql(node.right)
        if isinstance(node.op, ast.Pow):
            return f"pow({left}, {right})"
        if isinstance(node.op, ast.BitXor):
            return f"xor({left}, {right})"
        if isinstance(node.op, (ast.BitAnd, ast.BitOr)):
            words = ("AND", "OR") if is_boolean(node.left) else ("&", "|")
            return f"({left} {words[isinstance(node.op, ast.BitOr)]} {right})"
        return f"({left} {self.OPERATORS[type(node.op)]} {right})"

    def call(self, node):
        arguments = [self.sql(argument) for argument in node.args]
        if node.keywords:
            raise Unsupported
        if node.func.id == "where":
            return "(CASE WHEN {} THEN {} ELSE {} END)".format(*arguments)
        if node.func.id == "log1p":
            return f"ln(1 + {arguments[0]})"
        if node.func.id == "argmax":
            raise Unsupported
        return f"{self.FUNCTIONS.get(node.func.id, node.func.id)}({', '.join(arguments)})"


class Blosc2:
    """Lazy expressions over uncompressed arrays of its own. Release 4.14 writes past the end of the
    result of a float32 expression with a fraction among its constants."""

    name, threads = "blosc2", (ALL_PROCESSORS,)
    FASTEST = {"clevel": 0}

    def __init__(self):
        self.module = importlib.import_module("blosc2")
        self.version = self.module.__version__

    def prepare(self, line, arrays, out, n_threads):
        if line.is_single() and "." in line.text:
            raise Unsupported
        self.module.set_nthreads(n_threads)
        inputs = {
            name: self.module.asarray(array, cparams=self.FASTEST) for name, array in arrays.items()
        }
        expression = self.module.lazyexpr(line.text, inputs)
        return lambda: expression[:]


PEERS = (NumPy, NumExpr, Numba, Jax, Torch, Polars, DuckDB, Blosc2)


def make():
    """The contestants that are installed; says which are not."""
    found = []
    for peer in PEERS:
        try:
            found.append(peer())
        except ImportError as error:
            print(f"{peer.name}: left out ({error})", file=sys.stderr)
    return found
