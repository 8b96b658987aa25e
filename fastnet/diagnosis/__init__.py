"""Diagnosis of a fit: pitfalls that its numbers show, each beside a threshold and with one sentence of advice."""

from .diagnose import diagnose_cv, diagnose_path
from .report import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose_cv", "diagnose_path"]
