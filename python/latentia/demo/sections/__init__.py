"""The sections of the demo, in their order on the page.

A section is a function of the data. A new one needs a file and a line here.
"""

from latentia.demo.sections.eigen_images import section_eigen_images
from latentia.demo.sections.generation import section_generation
from latentia.demo.sections.interactions import section_interactions
from latentia.demo.sections.latent import section_directions, section_prior
from latentia.demo.sections.mixture import section_mixture
from latentia.demo.sections.parts import section_parts
from latentia.demo.sections.photo import section_photo
from latentia.demo.sections.ratings import section_ratings
from latentia.demo.sections.reconstruction import section_reconstruction
from latentia.demo.sections.spectrum import section_spectrum
from latentia.demo.sections.timings import section_timings
from latentia.demo.sections.topics import section_topics

__all__ = ["SECTIONS"]

SECTIONS = (
    section_timings,
    section_spectrum,
    section_eigen_images,
    section_parts,
    section_photo,
    section_reconstruction,
    section_mixture,
    section_generation,
    section_prior,
    section_directions,
    section_topics,
    section_ratings,
    section_interactions,
)
