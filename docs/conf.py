"""How Sphinx makes the site: `make docs`, page by page in docs/site.md.

The source folder is the repository itself (`sphinx-build -c docs . build/site`), so that links between docs/, examples/
and the files of the root are the same on the site and in a clone.
"""

import os
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "_site"))

project = "nsos_jax"
author = "the authors of nsos_jax"
version = release = "0.1.0"
language = "en"
root_doc = "docs/index"
own = ["plain_docstrings", "mathml", "rooms"]  # in _site/
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "sphinx_design", *own]
include_patterns = ["docs/**", "examples/README.md", "examples/notebooks/*.md", "CHANGELOG.md", "CONTRIBUTING.md"]
exclude_patterns = [".*", "build", "nsos_jax", "solvers", "train", "tests", "scripts", "runs", "configs", "web"]

# Pages are Markdown; those of which the header names a kernel are notebooks, run at every build.
myst_enable_extensions = ["dollarmath", "deflist", "colon_fence", "attrs_block", "attrs_inline"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
nb_execution_mode = "force"
nb_execution_timeout = 1800  # seconds for a cell, on a machine that does other things, too
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
os.environ["PATH"] = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"  # so that cells find `nsos`
os.environ.setdefault("NSOS_CACHE_DIR", str(ROOT / "build" / "cache"))
os.environ["COLUMNS"] = "100"

# The reference is made from docstrings, which are plain text with `code` in backticks (see _site/plain_docstrings.py).
autodoc_default_options = {"members": True, "member-order": "bysource", "exclude-members": "__init__"}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_ivar = True
html_math_renderer = "mathml"

html_theme = "furo"
html_title = "nsos_jax"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_root"]
html_copy_source = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
