"""The report about a trained model: `write_report` makes the page.

Nothing here imports PyTorch before a model is loaded.
"""

from latentia.report.model_report import write_report
from latentia.report.reported_model import ReportedModel

__all__ = ["ReportedModel", "write_report"]
