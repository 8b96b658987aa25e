"""The only place that coerces what the user gives — and raises. O(nnz + n p), at most one read of X.

`check_design` (design.py, sparse.py, frames.py), `check_problem` and `check_response` (problem.py),
`check_options` (options.py). Everything returned is safe for kernels that do not check bounds.
"""

from fastnet.validation.design import check_design, check_feature_names, check_predict_design
from fastnet.validation.options import Options, check_alpha_values, check_alphas, check_flag, check_options
from fastnet.validation.problem import Problem, check_problem, check_response
from fastnet.validation.sparse import check_compressed

__all__ = [
    "Options",
    "Problem",
    "check_alpha_values",
    "check_alphas",
    "check_compressed",
    "check_design",
    "check_feature_names",
    "check_flag",
    "check_options",
    "check_predict_design",
    "check_problem",
    "check_response",
]
