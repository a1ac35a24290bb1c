"""Things that live in a notebook and stand still on a page: a widget where there is a kernel, else its picture."""

from __future__ import annotations

import sys
from typing import Any


def bundle(widget: Any, static_html: str, words: str) -> dict[str, Any]:
    """What a cell's last value offers; the notebook or the page takes what it can show.

    Put together by hand, since ipywidgets 7 (which Colab has) can't give a widget as a bundle.

    Args:
        widget: the live version, of ipywidgets.
        static_html: what stands in its place where there is no kernel.
        words: what it says in plain text.
    """
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    live = {"application/vnd.jupyter.widget-view+json": view, "text/plain": words}
    # On Colab the notebook is always live and needs no second form to choose from.
    return live if "google.colab" in sys.modules else {**live, "text/html": static_html}
