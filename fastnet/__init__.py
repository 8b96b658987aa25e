"""fastnet: the whole Elastic Net path of wide data, every point with a certificate."""

from .api import enet_path, warmup
from .certificate import Certificate, verify
from .conventions import from_glmnet, from_lambdas, to_glmnet, to_lambdas
from .exceptions import ConvergenceWarning, CVInterrupted, DamagedFileError, PathInterrupted
from .io import load
from .loo import LeaveOneOut, leave_one_out
from .model_selection import CVPath, cv_path
from .result import Path, Status

__version__ = "0.1.0"

__all__ = [
    "CVInterrupted",
    "CVPath",
    "Certificate",
    "ConvergenceWarning",
    "DamagedFileError",
    "LeaveOneOut",
    "Path",
    "PathInterrupted",
    "Status",
    "cv_path",
    "enet_path",
    "from_glmnet",
    "from_lambdas",
    "leave_one_out",
    "load",
    "to_glmnet",
    "to_lambdas",
    "verify",
    "warmup",
]
