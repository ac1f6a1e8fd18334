"""Turns executed notebooks into pages that need no network, and lists them in an index."""

import html
import json
import os
import re
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from traitlets.config import Config

HIDDEN = "remove_cell"  # the tag of the cells that a report leaves out


def mathjax() -> Path:
    """The folder of MathJax's scripts in the environment."""
    package = find_spec("mathjax")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError("MathJax is not installed in this environment: run make setup")
    return Path(package.submodule_search_locations[0]) / "static" / "mathjax" / "es5"


def page(notebook: nbformat.NotebookNode, title: str, templates: Path, facts: str) -> str:
    """One self-contained page: pictures, styles and MathJax are in it."""
    notebook.metadata.setdefault("language_info", {})["pygments_lexer"] = "go"  # GoNB names no lexer
    config = Config()
    config.TemplateExporter.extra_template_basedirs = [str(templates)]
    config.TemplateExporter.extra_template_paths = [str(mathjax())]
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_cell_tags = {HIDDEN}
    exporter = HTMLExporter(config=config, template_name="offline", embed_images=True)
    resources = {"metadata": {"name": title}, "report": {"facts": facts}}
    body, _ = exporter.from_notebook_node(notebook, resources=resources)
    return re.sub(r'(href="[^"/:#]+)\.ipynb(?=[#"])', r"\1.html", body)  # notebooks link to each other, and so do reports


def title_of(notebook: nbformat.NotebookNode, name: str) -> str:
    """The first heading of a notebook, or its name."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# +(.+)$", cell.source, re.MULTILINE)):
            return found[1].strip()
    return name


def figure_of(notebook: nbformat.NotebookNode) -> tuple[str, str]:
    """The picture that stands for a notebook, as base64 PNG, with its description.

    It is the first picture of the cell tagged "figure", or else of the notebook; "" where there is none.
    """
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    for cell in sorted(cells, key=lambda c: "figure" not in c.metadata.get("tags", [])):
        for output in cell.outputs:
            if (data := output.get("data", {}).get("image/png")) is not None:
                alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
                return data.replace("\n", ""), alt
    return "", ""


def facts_of(seconds: float, preset: str) -> str:
    """When and how a report came about, in one line."""
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    return f"executed on {day} in {duration(seconds)}, preset {preset}, {os.cpu_count()} processors"


def duration(seconds: float) -> str:
    """A time as a reader says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


# A report leaves its facts beside it, so that the index can be written without executing everything.
def facts_file(folder: Path, name: str) -> Path:
    return folder / ".facts" / f"{name}.json"


def write_report(notebook: nbformat.NotebookNode, name: str, seconds: float, preset: str, templates: Path, folder: Path):
    """Writes the page of one notebook, and its facts for the index."""
    facts = facts_of(seconds, preset)
    title = title_of(notebook, name)
    picture, alt = figure_of(notebook)
    write(folder / f"{name}.html", page(notebook, title, templates, facts))
    entry = {"name": name, "title": title, "facts": facts, "picture": picture, "alt": alt}
    write(facts_file(folder, name), json.dumps(entry))


def write_index(folder: Path, names: list[str]):
    """Writes index.html: every report there is, in the order of the names, with title, figure and running time."""
    items = []
    for name in names:
        if not (folder / f"{name}.html").exists() or not facts_file(folder, name).exists():
            continue
        entry = json.loads(facts_file(folder, name).read_text())
        picture = ""
        if entry["picture"]:
            alt = html.escape(entry["alt"], quote=True)
            picture = f'<img src="data:image/png;base64,{entry["picture"]}" alt="{alt}">'
        items.append(
            f'<li><a href="{html.escape(name, quote=True)}.html"><h2>{html.escape(entry["title"])}</h2>{picture}</a>'
            f'<p>{html.escape(entry["facts"])}</p></li>'
        )
    template = (Path(__file__).parent / "index.html").read_text(encoding="utf8")
    write(folder / "index.html", template.replace("<!-- reports -->", "\n".join(items)))


def write(path: Path, text: str):
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_text(text, encoding="utf8")
    partial.replace(path)
