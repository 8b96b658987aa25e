"""scikit-learn's test_sparse_coordinate_descent.py on fastnet's estimators."""

import pytest
import upstream

SKIPPED = {
    "test_same_output_sparse_dense_lasso_and_enet_cv": "compares errors of two fits of tolerance 1e-7 to 1e-7 of their "
    "size; fastnet's dense and sparse solvers differ there by 2e-6: see test_model_selection.py::"
    "test_a_fold_is_the_fit_of_its_rows, at 1e-12",
}

pytestmark = pytest.mark.filterwarnings("default")
globals().update(upstream.load("test_sparse_coordinate_descent", SKIPPED))
