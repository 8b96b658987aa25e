"""What enet_path needs to know of a loss besides its formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .survival_times import make_cox, read_times


@dataclass(frozen=True)
class Family:
    """A loss with its parameters, as ``family=`` of `enet_path` takes it.

    Parameters
    ----------
    name : str
    loss : type or callable
        Makes the loss of some data: ``loss(y)`` or ``loss(y, *arrays of one parameter each)``. A module-level
        ``typing.NamedTuple`` of arrays with the methods ``loss_value(i, eta)``, ``loss_residual(i, eta)``,
        ``loss_curvature(i, eta)`` and ``loss_conjugate(i, u)``; see `fastnet.losses`.
    domain : {"real", "unit", "nonnegative", "positive", "sign"}
        Which y are allowed.
    parameters : mapping of str to float (Cox: also the rule for ties, and the number of strata)
    convex : bool
        False: the gap is that of the quadratic model at each point, not a global bound.
    scales : str or None
        The parameter by which y may be divided, the loss then being divided by its square (Huber's delta).
    """

    name: str
    loss: Callable[..., Any]
    domain: str = "real"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    convex: bool = True
    scales: str | None = None

    @property
    def response(self) -> float:
        """What y is divided by."""
        return float(self.parameters[self.scales]) if self.scales else 1.0

    @property
    def intercept(self) -> bool:
        """Whether an intercept can be fitted; without one the loss does not change when eta is shifted (Cox)."""
        return True

    def read(self, y) -> tuple[Family, Any]:
        """(the family for these responses, y as one number a row): for responses that are more than that."""
        return self, y

    def make(self, y: np.ndarray):
        """The loss of the responses y."""
        own = [np.array([float(value)]) for key, value in self.parameters.items() if key != self.scales]
        return self.loss(np.ascontiguousarray(y / self.response, dtype=np.float64), *own)


@dataclass(frozen=True)
class CoxFamily(Family):
    """Cox regression: knows how to read survival times, and what ties and strata are."""

    ties: str = "breslow"
    strata: Any = None

    @property
    def intercept(self) -> bool:
        return False

    def read(self, y):
        start, stop, event = read_times(y)
        strata = None if self.strata is None else np.asarray(self.strata)
        if strata is not None and strata.shape != stop.shape:
            raise ValueError(f"strata has shape {strata.shape}, y has {len(stop)} rows; give one stratum a row")
        record = make_cox(start, stop, event, strata, self.ties == "efron")
        return replace(self, loss=lambda _: record), stop

    def make(self, y):
        return self.loss(y).with_room()
