"""scikit-learn's linear models on fastnet's paths: changing the import is enough (extra ``sklearn``).

The classes derive from scikit-learn's of the same name: parameters, attributes, tags and metadata routing are those of
the version that is installed. Only the fit differs: it is solved by `fastnet.enet_path` with ``standardize=False``,
and ``tol`` bounds the duality gap as a share of the null model's objective.
"""

try:
    from sklearn import __version__ as _version
except ImportError:
    raise ImportError("fastnet.sklearn needs scikit-learn: pip install 'fastnet-path[sklearn]'") from None
if tuple(map(int, _version.split(".")[:2])) < (1, 9):  # l1_ratio in place of penalty, alphas in place of n_alphas
    raise ImportError(
        f"fastnet.sklearn follows the arguments of scikit-learn 1.9, found {_version}: "
        "pip install 'scikit-learn>=1.9' (it needs Python 3.11)"
    )

from .classifiers import LinearSVC, LogisticRegression
from .cross_validated import ElasticNetCV, LassoCV
from .glm import GammaRegressor, PoissonRegressor, TweedieRegressor
from .huber import HuberRegressor
from .linear import ElasticNet, Lasso, Ridge
from .logistic_cv import LogisticRegressionCV
from .paths import enet_path, lasso_path
from .survival import CoxPH

__all__ = [
    "CoxPH", "ElasticNet", "ElasticNetCV", "GammaRegressor", "HuberRegressor", "Lasso", "LassoCV", "LinearSVC",
    "LogisticRegression", "LogisticRegressionCV", "PoissonRegressor", "Ridge", "TweedieRegressor", "enet_path",
    "lasso_path",
]  # fmt: skip
