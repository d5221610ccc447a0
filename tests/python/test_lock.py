# SPDX-License-Identifier: MIT
"""What evex promises about the interpreter lock, threads, signals and processes. Nothing here is
timed: a counter that another thread moves on shows that it ran."""

import asyncio
import concurrent.futures
import ctypes
import multiprocessing
import multiprocessing.shared_memory
import os
import subprocess
import sys
import threading
import time

import evex
import numpy as np
import pytest
from evex import numexpr

# Some tenths of a second on one core.
HEAVY = "sum(lgamma(x) + gamma(x) + lgamma(x + 1))"


@pytest.fixture(scope="module")
def x():
    return np.linspace(0.5, 20, 10_000_000)


class Counter(threading.Thread):
    """Counts as fast as it gets the lock."""

    def __init__(self):
        super().__init__(daemon=True)
        self.n, self.is_stopped = 0, False

    def run(self):
        while not self.is_stopped:
            self.n += 1

    def __enter__(self):
        self.start()
        while self.n == 0:
            pass
        return self

    def __exit__(self, *exception):
        self.is_stopped = True
        self.join()


def test_other_threads_run_during_an_evaluation(x):
    """With the lock held, the counter would get no turn but some microseconds at the borders."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with Counter() as counter:
            before = counter.n
            evex.evaluate(HEAVY, x=x, threads=1)
            assert counter.n - before > 50_000
    finally:
        sys.setswitchinterval(interval)


KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p),
                          ctypes.POINTER(ctypes.c_size_t), ctypes.c_size_t, ctypes.c_void_p)


def test_evaluations_run_at_once(x):
    """Each waits in the middle of its evaluation until the other one has come as far."""
    meeting, own = threading.Barrier(2, timeout=30), threading.local()
    n_met = []

    @KERNEL
    def meet(out, inputs, steps, n, user):
        if not hasattr(own, "has_met"):
            own.has_met = True
            try:
                meeting.wait()
                n_met.append(1)
            except threading.BrokenBarrierError:
                pass
        ctypes.memmove(out, inputs[0], 8 * n)

    evex.register("meet", meet, "float64(float64)", block=True)
    part = x[:50_000]
    work = [threading.Thread(target=evex.evaluate, args=("sum(meet(part))", {"part": part}),
                             kwargs={"threads": 1}) for _ in range(2)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len(n_met) == 2


def test_evaluations_go_on_side_by_side(x):
    """No lock of any kind is held while blocks are computed: at every block, each of two evaluations
    waits for the other to have come to the same one. What that makes of time, bench_python.py
    measures."""
    n_blocks, at = 40, [0, 0]
    own = threading.local()

    @KERNEL
    def step(out, inputs, steps, n, user):
        if not hasattr(own, "side"):
            own.side = sides.pop()
        at[own.side] += 1
        while at[own.side] <= n_blocks and at[1 - own.side] < at[own.side] and not is_late():
            time.sleep(0)
        ctypes.memmove(out, inputs[0], 8 * n)

    sides, until = [0, 1], time.monotonic() + 60
    done = []

    def is_late():
        return time.monotonic() > until

    def work():
        done.append(evex.evaluate("sum(step(part))", {"part": part}, threads=1))

    evex.register("step", step, "float64(float64)", block=True)
    part = x[:200_000]
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [part.sum()] * 2 or np.allclose(done, part.sum())
    assert not is_late() and min(at) >= n_blocks


def test_one_expression_in_many_threads():
    f = evex.compile("sum(a*b) + count(a)")
    values = [np.arange(n, dtype=dtype) for n in (10, 5000, 200_000) for dtype in ("f8", "f4", "i4")]
    expected = [f(v, v) for v in values]

    def work(seed):
        order = np.random.default_rng(seed).permutation(len(values))
        return all(f(values[i], values[i]) == expected[i] for i in order for _ in range(20))

    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        assert all(executor.map(work, range(8)))


def test_the_caches_serve_many_threads():
    """Texts are compiled, evicted and forgotten while others use them; in free-threaded builds with
    nothing to keep threads apart but what the module does."""
    a, b = np.arange(2000.0), np.ones(2000)
    shared = [evex.compile(f"a*{k} + b, sum(a) + {k}") for k in range(20)]
    together = threading.Barrier(8, timeout=60)

    def work(seed):
        rng = np.random.default_rng(seed)
        together.wait()
        for n in range(300):
            k = int(rng.integers(20))
            assert shared[k](a, b if n % 3 else np.float32(1))[0][3] == 3 * k + 1
            assert evex.evaluate("2*a + b", {"a": a, "b": b}).sum() == 4_000_000.0
            assert evex.evaluate(f"{int(rng.integers(1500))} + x", {"x": 1}) >= 1
            assert numexpr.evaluate(f"a*{k} + b", {"a": a, "b": b})[2] == 2 * k + 1
            if n % 97 == 0:
                evex.clear_cache()
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        assert all(executor.map(work, range(8)))


# Four thousand million elements of a few thousand: a quarter of a minute on two cores.
ENDLESS = """
import signal, sys, time, threading, _thread
import evex, numpy as np
x, y = np.linspace(0.5, 2, 2000)[:, None, None], np.linspace(0.5, 2, 2000)[:, None]
z = np.linspace(0.5, 2, 1000)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
begin = time.monotonic()
try:
    {start}
    evex.evaluate("sum(lgamma(x*y + z))")
except {exception}:
    print("interrupted", time.monotonic() - begin < 5)
print(evex.evaluate("sum(w)", w=np.ones(5)))
"""


@pytest.mark.parametrize(
    "start, exception",
    [
        ("threading.Timer(0.3, _thread.interrupt_main).start()", "KeyboardInterrupt"),
        ("signal.signal(signal.SIGALRM, lambda *_: 1 / 0); signal.setitimer(signal.ITIMER_REAL, 0.3)",
         "ZeroDivisionError"),
    ],
    ids=["Ctrl-C", "handler"],
)
def test_signals_end_one_long_evaluation(start, exception):
    code = ENDLESS.format(start=start, exception=exception)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["interrupted", "True", "5.0"], done.stderr


def test_fork_in_any_thread(x):
    expected = evex.evaluate("sum(x)", x=x[:300_000])

    def fork():
        child = os.fork()
        if child == 0:
            os._exit(int(evex.evaluate("sum(x)", x=x[:300_000]) != expected))
        return os.waitpid(child, 0)[1]

    assert fork() == 0
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        assert executor.submit(fork).result() == 0


def doubled(numbers):
    return evex.evaluate("2*numbers + 1")


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_multiprocessing(method):
    context = multiprocessing.get_context(method)
    evex.evaluate("1 + 1")
    with context.Pool(2) as pool:
        for n, result in zip((10, 100_000), pool.map(doubled, [np.arange(10.0), np.arange(1e5)])):
            np.testing.assert_array_equal(result, 2 * np.arange(float(n)) + 1)


def test_shared_memory_without_a_copy():
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=8000)
    try:
        x = np.ndarray(1000, "f8", buffer=memory.buf)
        x[:] = 1
        evex.evaluate("x*2", out=x)
        assert (x == 2).all()
        np.testing.assert_array_equal(evex.evaluate("b + 1", b=memory.buf[:10]), 
                                      np.asarray(memory.buf[:10]) + 1)
        del x
    finally:
        memory.close()  # raises BufferError if evex still held the memory
        memory.unlink()


def test_the_event_loop_stays_responsive(x):
    async def main():
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, lambda: evex.evaluate(HEAVY, x=x, threads=1))
        n = 0
        while not work.done():
            await asyncio.sleep(0)
            n += 1
        await work
        return n

    assert asyncio.run(main()) > 100


def test_threads_are_set_by_task():
    async def with_one():
        with evex.threads(1):
            await asyncio.sleep(0)
            return evex.get_num_threads()

    async def main():
        everything = evex.get_num_threads()
        results = await asyncio.gather(with_one(), asyncio.sleep(0, evex.get_num_threads()))
        return results == [1, everything]

    assert asyncio.run(main())
