"""scikit-learn's own test files, read from the installed wheel, with fastnet's objects in place of theirs."""

from __future__ import annotations

import types
from pathlib import Path
from unittest import mock

import pytest

OURS = ("ElasticNet", "ElasticNetCV", "Lasso", "LassoCV", "Ridge", "enet_path", "lasso_path")


def load(name: str, skipped: dict[str, str]) -> dict[str, object]:
    """The tests of ``sklearn.linear_model.tests.<name>``, ready for the namespace of a test module.

    Parameters
    ----------
    skipped : dict of str
        Test name -> why it is skipped. A name unknown to this scikit-learn is an error, so that the list stays
        true.
    """
    pytest.importorskip("sklearn", minversion="1.9")
    from sklearn import linear_model

    import fastnet.sklearn

    file = Path(linear_model.__file__).parent / "tests" / f"{name}.py"
    if not file.exists():
        pytest.skip(f"this scikit-learn was installed without {file.name}", allow_module_level=True)
    module = types.ModuleType(f"upstream_{name}")
    module.__file__ = str(file)
    with mock.patch.multiple(linear_model, **{name: getattr(fastnet.sklearn, name) for name in OURS}):
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), module.__dict__)
    tests = {key: value for key, value in vars(module).items() if key.startswith("test_") and callable(value)}
    unknown = sorted(set(skipped) - set(tests))
    if unknown:
        raise LookupError(f"skipped tests that {file.name} does not have: {', '.join(unknown)}")
    for key, reason in ((key, skipped[key]) for key in skipped if key in tests):
        tests[key] = pytest.mark.skip(reason=reason)(tests[key])
    return tests


def version() -> tuple[int, ...]:
    """(major, minor) of the installed scikit-learn."""
    import sklearn

    return tuple(int(part) for part in sklearn.__version__.split(".")[:2])


def mixed(l1_ratio: float) -> dict[str, object]:
    """The arguments that ask LogisticRegression for an elastic net; scikit-learn 1.8 needs no `penalty` any more."""
    return {"l1_ratio": l1_ratio} if version() >= (1, 8) else {"penalty": "elasticnet", "l1_ratio": l1_ratio}
