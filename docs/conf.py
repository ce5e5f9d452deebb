"""How Sphinx makes the site of these documents: `make docs`.

The documents are Markdown as GitHub shows it, and index.md is the order in which the site has them: it links
each, and its sections are the captions of the navigation. What GitHub does not know stands here, not there.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from sessionload import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
EXAMPLE = "example"
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"^<!-- .* -->\n", re.MULTILINE)
_ELSEWHERE = re.compile(r"\]\((\.\./[^)]+\.md)")
_LINK = re.compile(r"\]\(([a-z-]+)\.md\)")

project = "sessionload"
author = "the sessionload authors"
copyright = author  # noqa: A001 -- the name that Sphinx reads
release = version = __version__
extensions = ["myst_parser"]
root_doc = "index"
exclude_patterns = [EXAMPLE, "programs"]
nitpicky = True
myst_heading_anchors = 4
html_theme = "furo"
html_title = f"sessionload {__version__}"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def as_a_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Take out what is said to tests, and give the first page the navigation that its sections stand for.

    A document that is not in this folder is no page: a link to one offers the file.
    """
    del app
    source[0] = _ELSEWHERE.sub(r"](path:\1", _COMMENT.sub("", source[0]))
    if name != root_doc:
        return
    _, *parts = _SECTION.split(source[0])
    for caption, text in zip(parts[::2], parts[1::2], strict=True):
        pages = "\n".join(_LINK.findall(text))
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"


class OpenPages(SphinxPostTransform):
    """A link to a page of the example opens it; Sphinx would offer it for saving."""

    default_priority = 5

    def run(self) -> None:
        """Replace the links of one page."""
        for link in list(self.document.findall(addnodes.download_reference)):
            target = link.get("reftarget", "")
            if target.startswith(f"{EXAMPLE}/") and target.endswith(".html"):
                page = nodes.reference("", "", *link.children, refuri=target, internal=True)
                link.replace_self(page)


def add_example(app: Sphinx, exception: Exception | None) -> None:
    """Put the example beside the pages."""
    if exception is None:
        shutil.copytree(HERE / EXAMPLE, Path(app.outdir) / EXAMPLE, dirs_exist_ok=True)


def setup(app: Sphinx) -> None:
    """Connect all of it."""
    app.connect("source-read", as_a_page)
    app.connect("build-finished", add_example)
    app.add_post_transform(OpenPages)
