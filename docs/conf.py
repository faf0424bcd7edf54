"""Configuration of the documentation: ``sphinx-build -W --keep-going docs build/docs``.

Nothing here needs the network. ``LATENTIA_DOCS_INTERSPHINX=1`` reads the inventories of
other projects and turns the names of their classes into links.
"""

import doctest
import os
import sys
from pathlib import Path

from latentia import __version__

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # _api, _figures, …

project = "latentia"
author = "The latentia developers"
copyright = "The latentia developers"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "_api",
    "_figures",
    "_math",
    "_repository_files",
]

exclude_patterns = ["README.md", "gallery", "_templates"]
templates_path = ["_templates"]
suppress_warnings = ["config.cache"]  # the configuration of the gallery has objects

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3

autosummary_generate = [f"api/{path.name}" for path in HERE.glob("api/*.rst")]
# Two names that differ only in their case cannot be two files everywhere.
autosummary_filename_map = {
    "latentia.evaluation.memorisation": "latentia.evaluation.memorisation_function",
    "latentia.recommend.split": "latentia.recommend.split_function",
}
default_role = "py:obj"  # `PCA` in a docstring is a link
nitpicky = True
nitpick_ignore = [  # in docstrings, but not public
    ("py:obj", "as_image_set"),
    ("py:obj", "latentia.generative.losses"),
]
doctest_default_flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
autodoc_typehints = "none"  # the types are in the docstrings
numpydoc_show_class_members = False  # the templates list them
numpydoc_class_members_toctree = False

if os.environ.get("LATENTIA_DOCS_INTERSPHINX"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "scipy": ("https://docs.scipy.org/doc/scipy", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }

# The examples of the gallery run at every build, and again only if they changed.
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": os.environ.get("LATENTIA_DOCS_GALLERY", ".*"),
    "image_scrapers": ("matplotlib", "_figures.scrape_figures"),
    "ignore_repr_types": r"matplotlib[.]figure",
    "matplotlib_animations": False,
    "abort_on_example_error": False,
    "only_warn_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1,
    "plot_gallery": "True",
    "write_computation_times": False,
    "remove_config_comments": True,
    "reference_url": {"latentia": None},
    "backreferences_dir": "api/backreferences",
    "doc_module": ("latentia",),
    "inspect_global_variables": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "latentia"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["latentia.css"]
html_show_sourcelink = False
html_sidebars = {"index": []}
html_favicon = "_static/logo.svg"
html_theme_options = {
    "logo": {
        "text": "latentia",
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo.svg",
    },
    "navbar_align": "left",
    "show_prev_next": False,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
