"""The sections of the report about a model, in their order on the page.

A section is a function of the `ReportedModel`. A new one needs a file and a line here.
"""

from latentia.report.sections.directions import section_directions
from latentia.report.sections.prior import section_prior
from latentia.report.sections.privacy import section_privacy
from latentia.report.sections.quality import section_quality
from latentia.report.sections.samples import section_samples
from latentia.report.sections.training import section_training

__all__ = [
    "SECTIONS",
    "section_directions",
    "section_prior",
    "section_privacy",
    "section_quality",
    "section_samples",
    "section_training",
]

SECTIONS = (
    section_training,
    section_samples,
    section_quality,
    section_privacy,
    section_prior,
    section_directions,
)
