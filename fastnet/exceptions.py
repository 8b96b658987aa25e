"""What fastnet raises and warns with, beyond ValueError and TypeError."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastnet.model_selection.result import CVPath
    from fastnet.result import Path

__all__ = ["CVInterrupted", "ConvergenceWarning", "DamagedFileError", "PathInterrupted"]


class ConvergenceWarning(UserWarning):
    """Some points of a path miss the promised ``gap <= tol``; the message lists them with both numbers."""


class PathInterrupted(KeyboardInterrupt):
    """Ctrl-C during a fit. Nothing that was solved is lost: it is on ``path``.

    It is a `KeyboardInterrupt`, so code that knows nothing of fastnet stops as usual.

    Attributes
    ----------
    path : Path or None
        The points solved before the interrupt (None when there was none yet). ``path.extend(X, y,
        alphas=...)`` or ``warm_start=path`` continues from there.
    """

    def __init__(self, message: str = "the path was interrupted", path: Path | None = None):
        super().__init__(message)
        self.path = path

    def __reduce__(self):
        return type(self), (str(self), self.path)


class CVInterrupted(PathInterrupted):
    """Ctrl-C during the folds of `cv_path`. The folds that were finished are on ``cv``.

    Attributes
    ----------
    cv : CVPath or None
        Scores of the finished folds, NaN for the others: its means are those of fewer folds. None before the first.
    path : Path
        Of all the data, at the best (with ``cv`` None: the first) l1_ratio.
    """

    def __init__(self, message: str = "the folds were interrupted", path: Path | None = None, cv: CVPath | None = None):
        super().__init__(message, path)
        self.cv = cv

    def __reduce__(self):
        return type(self), (str(self), self.path, self.cv)


class DamagedFileError(ValueError):
    """A file given to `fastnet.load` is not what `save` wrote: the message names the damaged or missing
    part.
    """
