"""scikit-learn's test_coordinate_descent.py on fastnet's estimators."""

import pytest
import upstream

SWEEPS = "counts sweeps of coordinate descent; fastnet's direct steps solve these problems in one or two"
INTERNAL = "tests private functions of scikit-learn that fastnet does not use"
MULTI = "tests only scikit-learn's multi-task estimators, which fastnet does not replace"
SKIPPED = {
    "test_set_order_dense": INTERNAL,
    "test_set_order_sparse": INTERNAL,
    "test_cython_solver_equivalence": INTERNAL,
    "test_lassoCV_does_not_set_precompute": "replaces the class Lasso of scikit-learn's private module",
    "test_enet_nonfinite_params": "expects columns of 1e308 to end in NaN; fastnet scales them and stays finite",
    "test_lasso_dual_gap": "compares two gaps to 1e-7 of their size; fastnet's is rounding there (1e-16): see "
    "test_sklearn.py::test_the_dual_gap_bounds_the_distance_to_the_optimum",
    "test_1d_multioutput_enet_and_multitask_enet_cv": "compares to 7 digits with a multi-task fit of tolerance 1e-4; "
    "see test_sklearn.py::test_one_task_of_the_multi_task_estimators",
    "test_1d_multioutput_lasso_and_multitask_lasso_cv": "as the one before",
    "test_warm_start_convergence": SWEEPS,
    "test_warm_start_convergence_with_regularizer_decrement": SWEEPS,
    "test_enet_copy_X_False_check_input_False": "expects X to be overwritten; fastnet never writes to X",
    "test_multi_task_lasso_vs_skglm": MULTI,
    "test_multi_task_lasso_and_enet": MULTI,
    "test_multi_task_lasso_readonly_data": MULTI,
    "test_multitask_enet_and_lasso_cv": MULTI,
    "test_warm_start_multitask_lasso": MULTI,
    "test_convergence_warnings": MULTI,
    "test_multi_task_lasso_cv_dtype": MULTI,
}

pytestmark = pytest.mark.filterwarnings("default")
globals().update(upstream.load("test_coordinate_descent", SKIPPED))


@pytest.fixture
def global_random_seed():
    """scikit-learn's fixture of this name."""
    return 42
