"""Designs: the matrix as the solver sees it, standardised lazily, and the copy of its active columns."""

import scipy.sparse

from .. import parts  # noqa: F401  (makes the methods callable in jitted code)
from .column_moments import moments
from .csc import CSCDesign, CSCRows, centred_where_large, csc_design
from .dense import DenseDesign, DenseRows, dense_design
from .scales import LARGEST, SMALLEST, column_scales, unscaled

__all__ = [
    "LARGEST", "SMALLEST", "CSCDesign", "CSCRows", "DenseDesign", "DenseRows", "centred_where_large", "column_scales",
    "make_design", "make_rows", "moments", "unscaled",
]  # fmt: skip


def make_design(X, scaling):
    """Wrap a validated X, not copied, as x~_j = (x_j - center_j) * inv_scale_j."""
    wrap = csc_design if scipy.sparse.issparse(X) else dense_design
    return wrap(X, scaling)


def make_rows(design, capacity, basis_size):
    """Empty storage for `capacity` active columns of `design`."""
    kind = CSCRows if isinstance(design, CSCDesign) else DenseRows
    return kind.allocate(design, capacity, basis_size)
