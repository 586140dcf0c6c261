"""Leak tests of every outcome, to be run by pytest.sh."""
import os
import unittest

import leaky
import pytest

kept = []
calls = 0


@pytest.fixture
def box():
    made = []
    yield made
    assert len(made) in (0, 240 + 1 + 24)  # the ops, and those under tracemalloc


def test_ordinary():
    assert 1 + 1 == 2


class TestClass:
    @pytest.mark.heapgate(ops=240)
    @pytest.mark.parametrize("size", [32])
    def test_gives_back(self, size):
        leaky.take(size)
        leaky.give_back()
        cycle = []
        cycle.append(cycle)


@pytest.mark.heapgate(ops=240)
def test_forgets_native():
    leaky.take(32)


@pytest.mark.heapgate(ops=240)
def test_list_grows():
    kept.append("%d" % len(kept))


@pytest.mark.heapgate(ops=240, max_bytes_per_op=100)
def test_may_forget_and_has_fixtures(box, monkeypatch, capsys, caplog):
    leaky.take(32)
    box.append(None)
    monkeypatch.setenv("NAME", "value")
    print("a line")
    caplog.handler.records.append("a record")


@pytest.mark.heapgate(ops=240)
def test_asserts_in_op_100():
    global calls
    calls += 1
    assert calls != 100, "the store is full"


@pytest.mark.heapgate(ops=240)
def test_exits():
    os._exit(0)


@pytest.mark.heapgate(ops=240)
def test_skips():
    pytest.skip("not here")


@pytest.mark.heapgate(ops=240)
async def test_coroutine():
    pass


class Unit(unittest.TestCase):
    @pytest.mark.heapgate(ops=240)
    def test_method(self):
        pass


@pytest.mark.heapgate(opps=512)
def test_mistyped():
    pass
