"""What fastnet raises and warns with, beyond ValueError and TypeError."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastnet.result import Path

__all__ = ["ConvergenceWarning", "DamagedFileError", "PathInterrupted"]


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


class DamagedFileError(ValueError):
    """A file given to `fastnet.load` is not what `save` wrote: the message names the damaged or missing
    part.
    """
