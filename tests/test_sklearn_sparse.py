"""scikit-learn's test_sparse_coordinate_descent.py on fastnet's estimators."""

import pytest
import upstream

SKIPPED: dict[str, str] = {}  # test -> why fastnet cannot pass it

pytestmark = pytest.mark.filterwarnings("default")
globals().update(upstream.load("test_sparse_coordinate_descent", SKIPPED))
