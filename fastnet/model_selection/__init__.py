"""Choosing a point of the path by cross-validation: `cv_path`, its result `CVPath`, and rules of choice."""

from .cross_validation import cv_path
from .measures import Measure
from .result import CVPath
from .rules import one_standard_error, percentile
from .survival_measures import concordance

__all__ = ["CVPath", "Measure", "concordance", "cv_path", "one_standard_error", "percentile"]
