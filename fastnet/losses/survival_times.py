"""Reading survival times: what `family="cox"` accepts as y, and the event times it makes of them."""

from __future__ import annotations

import numpy as np

from .cox import Cox

ALLOWED = (
    "a structured array of one boolean field (event) and one of numbers (time), an array of two columns (time, event) "
    "or of three (start, stop, event) is allowed; event is 1 or True where it was seen, 0 where it was censored"
)


def read_times(y):
    """(start or None, stop, event) as arrays (n,).

    Raises
    ------
    ValueError
        Naming y, what was given and what is allowed.
    """
    y = np.asarray(y)
    if y.dtype.names:
        flags = [name for name in y.dtype.names if y.dtype[name].kind == "b"]
        times = [name for name in y.dtype.names if name not in flags]
        if len(flags) != 1 or not 1 <= len(times) <= 2:
            raise ValueError(f"y has the fields {', '.join(y.dtype.names)}; {ALLOWED}")
        columns = [np.asarray(y[name], dtype=float) for name in (*times, *flags)]
    else:
        if y.ndim != 2 or y.shape[1] not in (2, 3):
            raise ValueError(f"y has shape {y.shape}; for family='cox' {ALLOWED}")
        columns = list(np.array(y, dtype=float).T)
    start, stop, event = (None, *columns) if len(columns) == 2 else columns
    for name, values in (("time", stop), ("event", event), ("start", start)):
        if values is not None and not np.all(np.isfinite(values)):
            i = int(np.argmin(np.isfinite(values)))
            raise ValueError(f"y holds {values[i]} as {name} at index {i}; drop that row, or give a finite number")
    bad = (event != 0) & (event != 1)
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(f"y holds {event[i]:g} as event at index {i}; {ALLOWED}")
    if start is not None and np.any(start >= stop):
        i = int(np.argmax(start >= stop))
        raise ValueError(f"y holds start {start[i]:g} and stop {stop[i]:g} at index {i}; start must be below stop")
    if not event.any():
        raise ValueError("y holds no event: every row is censored, so that nothing can be learnt; check its coding")
    return start, stop, event.astype(bool)


def make_cox(start, stop, event, strata, efron):
    """The `Cox` record: event times, one after the other stratum by stratum, and the range at risk of each row."""
    n = len(stop)
    _, stratum = np.unique(np.zeros(n) if strata is None else strata, return_inverse=True)
    first, last, term = np.zeros(n, np.int64), np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    blocks, offset = [], 0
    for s in range(stratum.max() + 1):
        rows = np.flatnonzero(stratum == s)
        times = np.unique(stop[rows][event[rows]])
        last[rows] = offset + np.searchsorted(times, stop[rows], side="right") - 1
        first[rows] = offset if start is None else offset + np.searchsorted(times, start[rows], side="right")
        seen = rows[event[rows]]
        term[seen] = offset + np.searchsorted(times, stop[seen])
        blocks.append(np.full(len(times), s, np.int64))
        offset += len(times)
    flags = np.array([start is not None, efron], np.int64)
    room = np.empty((0, 0))
    return Cox(
        np.ascontiguousarray(stop), first, last, term, np.concatenate(blocks), flags, room, room, room, room
    ).with_room()
