"""Sphinx's settings for the site; `book/build.py` runs it."""

from __future__ import annotations

from pymacaron import __version__

project = "pymacaron"
author = "The pymacaron authors"
copyright = author  # noqa: A001 - Sphinx's name
version = release = __version__

extensions = ["myst_parser"]
root_doc = "index"
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # a docstring's heading may skip a level

html_theme = "furo"
html_title = f"pymacaron {version}"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "navigation_with_keys": True,
    "light_css_variables": {"color-brand-primary": "#a83a08", "color-brand-content": "#a83a08"},
    "dark_css_variables": {"color-brand-primary": "#ff9d66", "color-brand-content": "#ff9d66"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
