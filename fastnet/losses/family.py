"""What enet_path needs to know of a loss besides its formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


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
    parameters : mapping of str to float
    convex : bool
        False: the gap is that of the quadratic model at each point, not a global bound.
    scales : str or None
        The parameter by which y may be divided, the loss then being divided by its square (Huber's delta).
    """

    name: str
    loss: Callable[..., Any]
    domain: str = "real"
    parameters: Mapping[str, float] = field(default_factory=dict)
    convex: bool = True
    scales: str | None = None

    @property
    def response(self) -> float:
        """What y is divided by."""
        return float(self.parameters[self.scales]) if self.scales else 1.0

    def make(self, y: np.ndarray):
        """The loss of the responses y."""
        own = [np.array([float(value)]) for key, value in self.parameters.items() if key != self.scales]
        return self.loss(np.ascontiguousarray(y / self.response, dtype=np.float64), *own)
