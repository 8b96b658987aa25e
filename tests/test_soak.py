"""The soak of tests/soak.py, short."""

import soak


def test_memory_stays_flat_over_some_hundred_fits():
    memory, seconds = soak.soak(soak.small_fits(480))
    assert len(memory) == 10
    assert memory[2:].max() - memory[1] <= max(8.0, 0.03 * memory[1]), memory
    assert seconds.min() > 0


def test_a_leak_is_seen():
    """Memory that grows in every block, and times that do: the report says so."""
    memory = 100.0 + 3.0 * soak.np.arange(10)
    assert not soak.report("leaking", memory, soak.np.full(10, 1e-3))
    assert not soak.report("slowing", soak.np.full(10, 100.0), 1e-3 * soak.np.arange(1, 11))
    assert soak.report("flat", soak.np.full(10, 100.0), soak.np.full(10, 1e-3))
