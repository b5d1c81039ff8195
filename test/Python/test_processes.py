"""Threads, forks, signals, and processes that share a cache."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from keopsc.numpy import Genred

ALIASES = ["x = Vi(3)", "y = Vj(3)"]


def points(rows):
    return np.random.default_rng(0).normal(size=(rows, 3))


def in_threads(count, action):
    results = [None] * count

    def work(index):
        results[index] = action(index)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_threads_may_make_the_first_call_together():
    op = Genred("Exp(-SqDist(x, y)) + 0.125", ALIASES, "Sum", axis=1)
    x = points(100)
    expected = Genred("Exp(-SqDist(x, y))", ALIASES, "Sum", axis=1)(x, x) + 12.5
    for result in in_threads(8, lambda _: op(x, x)):
        np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_threads_may_have_formulas_of_their_own():
    x = points(50)

    def work(index):
        op = Genred(f"x * y + {index}", ALIASES, "Sum", axis=1)
        return [op(x, x) for _ in range(20)][-1]

    plain = x * x.sum(0)
    for index, result in enumerate(in_threads(8, work)):
        np.testing.assert_allclose(result, plain + 50 * index, rtol=1e-10, atol=1e-10)


def test_other_threads_go_on_during_a_call():
    op = Genred("Exp(-SqDist(x, y))", ALIASES, "Sum", axis=1)
    x = points(20000)
    op(x[:10], x[:10])
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    ticker = threading.Thread(target=tick)
    ticker.start()
    begin = time.perf_counter()
    op(x, x)
    end = time.perf_counter()
    stop.set()
    ticker.join()
    during = [t for t in ticks if begin < t < end]
    assert end - begin > 0.02, "the call is too short to show anything"
    assert len(during) >= 3


def test_a_child_of_a_fork_can_call_and_compile():
    op = Genred("Exp(-SqDist(x, y))", ALIASES, "Sum", axis=1)
    x = points(3000)  # enough for threads to be started
    expected = op(x, x)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            other = Genred("Exp(-SqDist(x, y)) + 0.75", ALIASES, "Sum", axis=1)
            again, new = op(x, x), other(x, x)
            same = np.array_equal(again, expected)
            status = 0 if same and np.allclose(new, expected + 2250) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(op(x, x), expected)


@pytest.fixture
def handled():
    """Takes a signal and its handler; afterwards, all is as it was."""
    before = {}

    def handle(number, handler):
        before[number] = signal.signal(number, handler)

    yield handle
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_interrupt_ends_a_long_call(handled):
    # What Python does by itself, unless it was started in the background.
    handled(signal.SIGINT, signal.default_int_handler)
    op = Genred("Exp(-SqDist(x, y))", ALIASES, "Sum", axis=1)
    x = points(400_000)  # a minute or more
    op(x[:10], x[:10])
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    begin = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        op(x, x)
    assert time.perf_counter() - begin < 10
    timer.join()
    np.testing.assert_allclose(op(x[:1], x[:1]), [[1.0]])


def test_signals_that_raise_nothing_leave_a_call_alone(handled):
    op = Genred("SqDist(x, y) * 0 + 1", ALIASES, "Sum", axis=1)
    x = points(60_000)
    op(x[:10], x[:10])
    seen = []
    handled(signal.SIGALRM, lambda *_: seen.append(time.perf_counter()))
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    begin = time.perf_counter()
    result = op(x, x)
    end = time.perf_counter()
    assert end - begin > 0.3, "the call is too short to show anything"
    assert len(seen) == 1 and begin < seen[0] < end
    np.testing.assert_array_equal(result, np.full((60_000, 1), 60_000.0))


COLD = """
import numpy as np
from keopsc.numpy import Genred
x = np.arange(30.0).reshape(10, 3) / 8
op = Genred("Exp(-SqDist(x, y)) + 0.375", ["x = Vi(3)", "y = Vj(3)"], "Sum", axis=1)
print(op(x, x).tobytes().hex())
"""


def test_processes_may_start_on_an_empty_cache_together(tmp_path):
    cache = tmp_path / "cache"
    environment = dict(os.environ, KEOPSC_CACHE_DIR=str(cache))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COLD],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    printed = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, printed
    assert len({out for out, _ in printed}) == 1
    (kept,) = cache.iterdir()  # one kernel, and nothing half written
    assert not kept.name.endswith(".new")
