# SPDX-License-Identifier: MIT
"""What an expression should give: NumPy 2, and docs/NUMERICS.md where that decides.

value_of(name, arguments, options) computes one node from NumPy arrays and Python scalars; the
latter are literals and weak variables, which NumPy treats as weak too. Where NumPy raises, so does
this. What differs from NumPy, and why:

  * functions that would give float16 give float32 (evex has no float16 arithmetic);
  * sign() takes booleans, as int8; the condition of where() must be one;
  * -0 is below +0 in maximum, minimum and their kin; casts of floats out of range are NUMERICS'
    table; reciprocal of an integer 0 is 0; rounding keeps integer types;
  * sum and difference of two booleans are errors, and so is a literal in where() that does not fit;
  * reductions are computed exactly (integers and fractions), and come with a bound on the error that
    a summation in any sensible order keeps.
"""
from fractions import Fraction
import math

import numpy as np

TOLERATED_ULPS = 4

class Inexact:
    """A value that the library may miss by `bound` (an array) at each element."""

    def __init__(self, value, bound):
        self.value, self.bound = np.asarray(value), np.asarray(bound)


def is_weak(value):
    return type(value) in (bool, int, float)  # NumPy's float64 is a subclass of float


def kind(value):
    """NumPy's kind letter, of Python scalars too."""
    if is_weak(value):
        return {bool: "b", int: "i", float: "f"}[type(value)]
    return np.asarray(value).dtype.kind


# ---- Elementwise ----------------------------------------------------------------------------------

def no_half(arguments):
    """The arguments with float32 in place of what NumPy's float functions would take as float16."""
    strong = [np.asarray(a) for a in arguments if not is_weak(a)]
    is_small = all(a.dtype in (np.bool_, np.int8, np.uint8) for a in strong)
    if not strong or not is_small or any(type(a) is float for a in arguments):
        return arguments
    if any(type(a) is int for a in arguments) and all(a.dtype == np.bool_ for a in strong):
        return arguments
    return [a if is_weak(a) else np.asarray(a).astype(np.float32) for a in arguments]


def float_function(function):
    return lambda *arguments: function(*no_half(arguments))


def refuse_bools(function):
    def checked(a, b):
        if kind(a) == "b" and kind(b) == "b":
            raise TypeError("both are bool")
        return function(a, b)
    return checked


def ordered_zeros(function, zero_is_negative):
    """maximum, minimum, fmax or fmin with -0 below +0."""
    def apply(a, b):
        result = function(a, b)
        if result.dtype.kind != "f":
            return result
        a, b = np.asarray(a, result.dtype), np.asarray(b, result.dtype)
        zero = np.where(zero_is_negative(np.signbit(a), np.signbit(b)), -0.0, 0.0)
        return np.where((a == 0) & (b == 0), zero.astype(result.dtype), result)
    return apply


maximum = ordered_zeros(np.maximum, np.logical_and)
minimum = ordered_zeros(np.minimum, np.logical_or)


def ignores_nan(function):
    """fmax or fmin; NumPy's give NaN for some signalling NaN at some positions."""
    def apply(a, b):
        result = function(a, b)
        if result.dtype.kind != "f":
            return result
        a, b = (np.broadcast_to(np.asarray(x, result.dtype), result.shape) for x in (a, b))
        return np.where(np.isnan(a), b, np.where(np.isnan(b), a, result))
    return apply


def compared(function):
    """A comparison; NumPy's refuse a bool beside an integer beyond int64, ours go by value."""
    def apply(a, b):
        a, b = (x.astype(np.int64) if kind(x) == "b" and type(y) is int else x
                for x, y in ((a, b), (b, a)))
        return function(a, b)
    return apply


def check_fits(value, dtype):
    if type(value) is int and dtype.kind in "iu":
        info = np.iinfo(dtype)
        if not info.min <= value <= info.max:
            raise OverflowError(f"{value} does not fit {dtype}")


def where(condition, a, b):
    if kind(condition) != "b":
        raise TypeError("the condition is not bool")
    result = np.where(condition, a, b)
    for value in (a, b):
        if is_weak(value):
            check_fits(value, result.dtype)
    return result


def reciprocal(a):
    a = np.asarray(a)
    if a.dtype.kind == "f":
        return np.reciprocal(a)
    if a.dtype.kind == "b":
        a = a.astype(np.int8)
    one = a == 1 if a.dtype.kind == "u" else abs(a) == 1
    return np.where(one, a, 0).astype(a.dtype)


def keeps_integers(function):
    return lambda a: a if kind(a) in "biu" else function(a)


def round_decimals(a, decimals=0):
    if kind(a) in "biu" and decimals >= 0:
        return a
    if kind(a) == "b":
        raise NotImplementedError("NumPy has no such rounding of bool")
    if kind(a) in "iu":
        unit = 10.0**-decimals
        return cast(np.rint(np.asarray(a) / unit) * unit, np.asarray(a).dtype)
    return np.round(a, decimals)


def within(values, low, below):
    return (values >= low) & (values < below)


def to_int32(a):
    fits = (a > -2147483649.0) & (a < 2147483648.0)
    return np.where(fits, a, -2147483648.0).astype(np.int64).astype(np.int32)


def to_int64(a):
    fits = within(a, -2.0**63, 2.0**63)
    return np.where(fits, np.where(fits, a, 0).astype(np.int64), np.int64(-2**63))


def to_uint64(a):
    high = within(a, 2.0**63, 2.0**64)
    exact = np.where(high, a, 0).astype(np.uint64)
    low = np.where(a >= 2.0**64, np.uint64(0), to_int64(a).astype(np.uint64))
    return np.where(high, exact, low)


def cast(a, dtype):
    a, dtype = np.asarray(a), np.dtype(dtype).newbyteorder("=")
    if a.dtype.kind != "f" or dtype.kind not in "iu":
        with np.errstate(all="ignore"):
            return a.astype(dtype)
    a = a.astype(np.float64)
    if dtype == np.uint64:
        return to_uint64(a)
    if dtype in (np.int64, np.uint32):
        return to_int64(a).astype(dtype)
    return to_int32(a).astype(dtype)


def logical(function):
    def apply(*arguments):
        if any(kind(a) != "b" for a in arguments):
            raise TypeError("not bool")
        return function(*arguments)
    return apply


def power(a, b):
    """NumPy's operator, whose shortcuts for some literal exponents are exact."""
    if kind(a) == "b" and is_weak(b):
        raise NotImplementedError("NumPy's operator and its power() give different types")
    result = a**b
    is_shortcut = is_weak(b) and b in (-1, 0, 0.5, 1, 2)
    if np.asarray(result).dtype.kind != "f" or is_shortcut:
        return result
    return Inexact(result, TOLERATED_ULPS * spacing(result))


def vectorized(function):
    """A function of Python's math, in float64; where it raises, NaN or infinity is for the caller
    not to ask about."""
    def apply(a):
        (a,) = no_half([a])
        a = np.asarray(a)
        wide = a.astype(np.float64)
        result = np.full(wide.shape, np.nan)
        for index, x in np.ndenumerate(wide):
            try:
                result[index] = function(float(x))
            except OverflowError:
                result[index] = np.inf
            except ValueError:
                result[index] = np.nan
        return result.astype(np.float32 if np.result_type(a, np.float16) == np.float32
                             else np.float64)
    return apply


def nan_to_num(a, nan=0.0):
    return np.nan_to_num(a, nan=nan)


def clip(a, low, high):
    """minimum(maximum(a, low), high), where weak integers saturate in a result of an integer type."""
    dtype = np.result_type(a, low, high)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        low, high = (min(max(v, info.min), info.max) if type(v) is int else v for v in (low, high))
    elif dtype.kind == "f":
        low, high = (float(v) if type(v) is int else v for v in (low, high))
    return minimum(maximum(a, low), high)


def sign(a):
    a = np.asarray(a)
    return np.sign(a.astype(np.int8) if a.dtype == np.bool_ else a)


ELEMENTWISE = {
    "+": refuse_bools(np.add), "-": refuse_bools(np.subtract), "*": np.multiply,
    "/": np.true_divide, "//": np.floor_divide, "%": np.remainder, "**": power, "power": power,
    "neg": np.negative, "~": np.invert, "&": np.bitwise_and, "|": np.bitwise_or,
    "^": np.bitwise_xor, "<<": np.left_shift, ">>": np.right_shift,
    "==": compared(np.equal), "!=": compared(np.not_equal), "<": compared(np.less),
    "<=": compared(np.less_equal), ">": compared(np.greater), ">=": compared(np.greater_equal),
    "and": logical(np.logical_and), "or": logical(np.logical_or), "not": logical(np.logical_not),
    "where": where, "if": lambda a, condition, b: where(condition, a, b),
    "maximum": maximum, "minimum": minimum,
    "fmax": ignores_nan(ordered_zeros(np.fmax, np.logical_and)),
    "fmin": ignores_nan(ordered_zeros(np.fmin, np.logical_or)),
    "abs": np.abs, "sign": sign, "square": np.square, "sqrt": float_function(np.sqrt),
    "reciprocal": reciprocal, "fmod": np.fmod, "copysign": float_function(np.copysign),
    "nextafter": float_function(np.nextafter),
    "floor": keeps_integers(np.floor), "ceil": keeps_integers(np.ceil),
    "trunc": keeps_integers(np.trunc), "rint": keeps_integers(np.rint), "round": round_decimals,
    "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite,
    "signbit": float_function(np.signbit),
    "clip": clip,
    "in": lambda a, *values: np.logical_or.reduce([compared(np.equal)(a, v) for v in values]),
    "isclose": np.isclose, "nan_to_num": nan_to_num,
    "zeros_like": np.zeros_like, "ones_like": np.ones_like, "copy": lambda a: a,
}


INEXACT_FUNCTIONS = {
    "cbrt": np.cbrt, "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log,
    "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "sin": np.sin, "cos": np.cos,
    "tan": np.tan, "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan, "sinh": np.sinh,
    "cosh": np.cosh, "tanh": np.tanh, "arcsinh": np.arcsinh, "arccosh": np.arccosh,
    "arctanh": np.arctanh, "deg2rad": np.deg2rad, "rad2deg": np.rad2deg, "hypot": np.hypot,
    "arctan2": np.arctan2, "logaddexp": np.logaddexp,
}
MATH_FUNCTIONS = {"erf": math.erf, "erfc": math.erfc, "exp10": lambda x: 10.0**x}


def spacing(value):
    """One unit in the last place, at least that of the smallest subnormal; 0 where not finite."""
    value = np.abs(np.asarray(value))
    return np.where(np.isfinite(value), np.spacing(value), 0).astype(np.float64)


def inexact_function(name, arguments):
    if name in MATH_FUNCTIONS:
        value = vectorized(MATH_FUNCTIONS[name])(*arguments)
    else:
        value = float_function(INEXACT_FUNCTIONS[name])(*arguments)
    scale = value
    if name == "logaddexp":
        sizes = [np.abs(np.nan_to_num(np.asarray(a, value.dtype), posinf=0, neginf=0))
                 for a in arguments]
        scale = np.maximum(np.maximum(*sizes), np.abs(value))
    return Inexact(value, TOLERATED_ULPS * spacing(scale))


# ---- Reductions -----------------------------------------------------------------------------------

def total_dtype(dtype):
    return {"b": np.dtype(np.int64), "i": np.dtype(np.int64), "u": np.dtype(np.uint64)}.get(
        dtype.kind, dtype)


def mean_dtype(dtype):
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def wrap(n, dtype):
    return np.array(n & (2**64 - 1), np.uint64).astype(dtype)


def is_regular(values):
    return all(math.isfinite(v) for v in values)


def float_sum(values):
    """(sum, bound on the error); (None, 0) where an overflow on the way may decide."""
    if not is_regular(values):
        with np.errstate(all="ignore"):
            return float(np.sum(values)), 0.0
    try:
        magnitude = math.fsum(map(abs, values))
    except OverflowError:
        return None, 0.0
    # The longest path of the tree: a lane of a leaf, the lanes, the leaves (NUMERICS.md).
    n = len(values)
    path = -(-min(n, 4096) // 32) + 6 + math.log2(n / 4096 + 1)
    return math.fsum(values), magnitude * 2.0**-53 * path


def reduce_sum(values, dtype):
    if dtype.kind != "f":
        return wrap(sum(map(int, values)), total_dtype(dtype)), 0
    total, bound = float_sum([float(v) for v in values])
    return total, bound


def reduce_prod(values, dtype):
    if dtype.kind != "f":
        product = 1
        for v in values:
            product = product * int(v) & (2**64 - 1)
        return wrap(product, total_dtype(dtype)), 0
    values = [float(v) for v in values]
    if not is_regular(values) or not all(values):
        # An overflow on the way decides between 0, infinity and NaN; only small sizes are sure.
        logs = [abs(math.log2(abs(v))) for v in values if math.isfinite(v) and v]
        return (math.prod(values), 0.0) if sum(logs) < 1000 else (None, 0.0)
    logs = [math.log2(abs(v)) for v in values]
    if sum(x for x in logs if x > 0) > 1000 or sum(x for x in logs if x < 0) < -1000:
        return None, 0.0
    product = float(math.prod(map(Fraction, values)))
    return product, abs(product) * 2.0**-52 * len(values)


def reduce_mean(values, dtype):
    if not values:
        return math.nan, 0.0
    if dtype.kind != "f":
        mean = float(Fraction(sum(map(int, values)), len(values)))
        return mean, 2 * math.ulp(mean)
    total, bound = float_sum([float(v) for v in values])
    if total is None:
        return None, 0.0
    return total / len(values), bound / len(values) + abs(total / len(values)) * 2.0**-52


def sum_of_squares(values):
    """The sum of the squared distances from the mean, without rounding on the way for short lists."""
    if len(values) > 300:
        wide = np.array(values, np.longdouble)
        return float(np.sum((wide - np.mean(wide)) ** 2))
    exact = [Fraction(v) for v in values]
    mean = sum(exact) / len(exact)
    return float(sum((v - mean) ** 2 for v in exact))


def reduce_var(values, ddof):
    n = len(values)
    values = [float(v) for v in values]
    if not n or not is_regular(values):
        return math.nan, 0.0
    largest = max(map(abs, values))
    if largest > 1e150 or 0 < largest < 1e-140:
        return None, 0.0
    spread = sum_of_squares(values)
    if n <= ddof:
        # NumPy divides by max(n - ddof, 0): 0 / 0 is nan, anything else infinite.
        return (math.inf if spread else math.nan), 0.0
    variance = spread / (n - ddof)
    # Chan's merging errs with the means: by an ulp of the largest value, a standard deviation away.
    rounding = variance + largest * math.sqrt(variance) + largest**2 * 2.0**-50
    return variance, rounding * 2.0**-48 * n / (n - ddof)


def reduce_std(values, ddof):
    variance, bound = reduce_var(values, ddof)
    if variance is None or not math.isfinite(variance):
        return variance, 0.0
    std = math.sqrt(variance)
    return std, (min(math.sqrt(bound), bound / std) if std else math.sqrt(bound)) + std * 2.0**-51


def extreme(values, dtype, is_max, skips_nan):
    if not values:
        raise ValueError("no element")
    if dtype.kind != "f":
        return (max if is_max else min)(values)
    numbers = [v for v in values if not math.isnan(v)]
    if not numbers or (len(numbers) < len(values) and not skips_nan):
        return math.nan
    best = (max if is_max else min)(numbers)
    if best == 0:
        signs = [math.copysign(1, v) for v in numbers if v == 0]
        best = math.copysign(0.0, max(signs) if is_max else min(signs))
    return best


def first_extreme(values, places, is_max):
    if not values:
        raise ValueError("no element")
    best = 0
    for i, v in enumerate(values):
        if v != v:
            return places[i]
        if v > values[best] if is_max else v < values[best]:
            best = i
    return places[best]


def slots(x, axis, mask):
    """The shape left by reducing over axes, and for each of its elements (values, places): those that
    the mask lets through, with their flat index in the reduced axes."""
    axes = tuple(range(x.ndim)) if axis is None else axis
    kept = tuple(d for d in range(x.ndim) if d not in axes)
    order = kept + tuple(sorted(axes))
    shape = tuple(x.shape[d] for d in kept)
    n = math.prod(x.shape[d] for d in axes)
    columns = x.transpose(order).reshape(shape + (n,)).reshape(math.prod(shape), n)
    masks = np.broadcast_to(mask, x.shape).transpose(order).reshape(columns.shape)
    places = np.arange(n)
    return shape, [(columns[i][masks[i]].tolist(), places[masks[i]].tolist())
                   for i in range(len(columns))]


def result_of_slot(name, values, places, dtype, ddof):
    if name in ("sum", "nansum"):
        return reduce_sum([v for v in values if v == v] if name == "nansum" else values, dtype)
    if name == "prod":
        return reduce_prod(values, dtype)
    if name in ("mean", "nanmean"):
        return reduce_mean([v for v in values if v == v] if name == "nanmean" else values, dtype)
    if name == "var":
        return reduce_var(values, ddof)
    if name == "std":
        return reduce_std(values, ddof)
    if name in ("min", "max", "nanmin", "nanmax"):
        return extreme(values, dtype, name.endswith("max"), name.startswith("nan")), 0
    if name in ("argmin", "argmax"):
        return first_extreme(values, places, name == "argmax"), 0
    if name == "any":
        return any(values), 0
    if name == "all":
        return all(values), 0
    return (len(values) if name == "count" else sum(v != 0 for v in values)), 0


def reduction_dtype(name, dtype):
    if name in ("sum", "nansum", "prod"):
        return total_dtype(dtype)
    if name in ("mean", "nanmean", "var", "std"):
        return mean_dtype(dtype)
    if name in ("any", "all"):
        return np.dtype(bool)
    return dtype if name.endswith(("min", "max")) and not name.startswith("arg") else np.dtype(
        np.int64)


def normal_axes(axis, ndim):
    if axis is None:
        return None
    axes = (axis,) if isinstance(axis, int) else axis
    return tuple(np.lib.array_utils.normalize_axis_index(a, ndim) for a in axes)


def reduction(name, x, mask=True, axis=None, keepdims=False, ddof=0):
    """Inexact for floats' sums; a NaN bound where no answer can be demanded."""
    x, mask = np.asarray(x), np.asarray(mask)
    if mask.dtype != np.bool_:
        raise TypeError("where= is not bool")
    if np.broadcast_shapes(x.shape, mask.shape) != x.shape:
        raise NotImplementedError("where= is larger than the operand")
    axes = normal_axes(axis, x.ndim)
    if axes is not None and len(set(axes)) < len(axes):
        raise ValueError("an axis twice")
    shape, columns = slots(x, axes, mask)
    dtype = reduction_dtype(name, x.dtype)
    value, bound = np.zeros(len(columns), dtype), np.zeros(len(columns))
    for i, (values, places) in enumerate(columns):
        result, bound[i] = result_of_slot(name, values, places, x.dtype, ddof)
        if result is None:
            result, bound[i] = 0, math.nan
        value[i] = result
    if keepdims:
        shape = tuple(1 if axes is None or d in axes else n for d, n in enumerate(x.shape))
    value = value.reshape(shape)
    is_rounded = dtype.kind == "f" and not name.endswith(("min", "max"))
    if not is_rounded:
        return value
    return Inexact(value, bound.reshape(shape) + spacing(value))


REDUCTIONS = ("sum", "prod", "min", "max", "mean", "var", "std", "any", "all", "count",
              "count_nonzero", "argmin", "argmax", "nansum", "nanmin", "nanmax", "nanmean")


def value_of(name, arguments, options):
    if name in REDUCTIONS:
        return reduction(name, *arguments, **options)
    if name in ELEMENTWISE:
        return ELEMENTWISE[name](*arguments, **options)
    if name in INEXACT_FUNCTIONS or name in MATH_FUNCTIONS:
        return inexact_function(name, arguments)
    return cast(arguments[0], name)
