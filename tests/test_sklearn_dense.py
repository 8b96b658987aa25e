"""scikit-learn's test_coordinate_descent.py on fastnet's estimators."""

import pytest

import upstream

SKIPPED = {}

pytestmark = pytest.mark.filterwarnings("default")
globals().update(upstream.load("test_coordinate_descent", SKIPPED))


@pytest.fixture
def global_random_seed():
    """scikit-learn's fixture of this name."""
    return 42
