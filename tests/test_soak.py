"""The soak of tests/soak.py, short."""

import numpy as np
import soak


def test_memory_stays_flat_over_some_hundred_fits():
    memory, seconds, pace = soak.soak(soak.small_fits(480))
    assert len(memory) == 10
    assert memory[2:].max() - memory[1] <= max(8.0, 0.03 * memory[1]), memory
    assert min(seconds.min(), pace.min()) > 0


def test_a_leak_is_seen():
    """Memory that grows in every block, and times that do: the report says so."""
    memory = 100.0 + 3.0 * np.arange(10)
    level, pace, grows = np.full(10, 100.0), np.full(10, 1e-3), 1e-3 * np.arange(1, 11)
    assert not soak.report("leaking", memory, pace, pace)
    assert not soak.report("slowing", level, grows, pace)
    assert soak.report("flat", level, pace, pace)
    assert soak.report("on a machine that slows down", level, grows, grows)
