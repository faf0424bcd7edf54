"""Pages about trained models, and what all pages of latentia are built with.

Nothing here imports PyTorch before a model is loaded.
"""

from latentia.report.builder import build
from latentia.report.subject import Subject
from latentia.report.writing import write_report

__all__ = ["Subject", "build", "write_report"]
