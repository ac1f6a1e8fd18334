"""Arranges an executed notebook as a page to read: folds imports, plotting code and checks, and puts the figure on top."""

import copy
import html
import re

import execute
import nbformat

PLOT = "plot"  # the tag of cells whose code only draws
CAPTION = 'class="robustloss-caption"'  # what says below a figure what to see there, see Caption in notebooks/show
MODEL = "model"  # the tag of cells whose code is the lesson, whatever they draw
IMPORTS = re.compile(r'^import (?:\([^)]*\)|(?:\w+ )?"[^"]*")\n*', re.MULTILINE)


def arranged(notebook: nbformat.NotebookNode, picture: str, alt: str) -> nbformat.NotebookNode:
    """A copy of a notebook as its page shows it. The notebook itself, and the outcomes of its checks, stay as they are."""
    page = copy.deepcopy(notebook)
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.metadata["report"] = {"imports": imports(cell.source), "rest": IMPORTS.sub("", cell.source).strip("\n"), "drawing": draws(cell)}
            cell.outputs = with_one_row_of_checks(cell.outputs)
    put_on_top(page, picture, alt)
    return page


def imports(source: str) -> str:
    """The imports of a cell, without what follows them."""
    return "\n".join(found[0].strip() for found in IMPORTS.finditer(source))


def draws(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell is there for its picture: it is tagged, or it shows one and declares no function."""
    tags = cell.metadata.get("tags", [])
    if PLOT in tags or MODEL in tags:
        return MODEL not in tags
    return any("image/png" in o.get("data", {}) for o in cell.outputs) and not re.search(r"^func ", cell.source, re.MULTILINE)


def with_one_row_of_checks(outputs: list) -> list:
    """The outputs of a cell, with its checks behind them in one row that can be opened; it is open where one failed."""
    checks = [o for o in outputs if execute.CHECK in o.get("metadata", {})]
    if not checks:
        return outputs
    facts = [o.metadata[execute.CHECK] for o in checks]
    failed = [f for f in facts if not f["ok"]]
    if len(facts) == 1:
        said = html.escape(facts[0]["claim"])
    elif failed:
        said = f"{len(failed)} of {len(facts)} checks {'does' if len(failed) == 1 else 'do'} not hold"
    else:
        said = f"{len(facts)} checks hold"
    mark = '<span class="report-cross">✗</span>' if failed else '<span class="report-tick">✓</span>'
    rows = "".join(o["data"]["text/html"] for o in checks)
    row = f'<details class="report-checks"{" open" if failed else ""}><summary>{mark} {said}</summary>{rows}</details>'
    merged = nbformat.v4.new_output("display_data", data={"text/html": row})
    return [o for o in outputs if execute.CHECK not in o.get("metadata", {})] + [merged]


def put_on_top(notebook: nbformat.NotebookNode, picture: str, alt: str):
    """Shows the figure of a notebook under its first text, where the first section comes before the cell that draws it."""
    texts = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "markdown"]
    figures = [i for i, cell in enumerate(notebook.cells) if "figure" in cell.metadata.get("tags", [])]
    sections = [i for i in texts if re.search(r"^## ", notebook.cells[i].source, re.MULTILINE)]
    if not picture or not figures or not sections or figures[0] < sections[0]:
        return
    cell = notebook.cells[figures[0]]
    anchor = html.escape(cell.get("id", ""), quote=True)
    shown = [o.get("data", {}) for o in cell.outputs]
    wide = next((d.get("text/html", "") for d in shown if "image/png" in d), "")  # has a form for narrow pages
    caption = next((d["text/html"] for d in shown if CAPTION in d.get("text/html", "")), "")
    image = wide or f'<img src="data:image/png;base64,{picture}" alt="{html.escape(alt, quote=True)}">'
    figure = f'<figure class="report-title"><a href="#cell-id={anchor}">{image}</a>{caption}</figure>'
    notebook.cells[texts[0]].metadata["report"] = {"figure": figure}


HEADING = re.compile(r'(?P<start><h2 id="(?P<id>[^"]*)"[^>]*>)(?P<text>.*?)(?P<end><a class="anchor-link")', re.DOTALL)
UNNUMBERED = re.compile(r"(Summary|Exercises|References|Hints|Exercise \d+.*)$")


def numbered(body: str) -> str:
    """Numbers the sections of a page that have no number of their own."""
    last = 0

    def number(match: re.Match) -> str:
        nonlocal last
        text = re.sub("<[^>]*>", "", match["text"]).strip()
        if own := re.match(r"(\d+)\.", text):
            last = int(own[1])
            return match[0]
        if UNNUMBERED.match(text):
            return match[0]
        last += 1
        return f"{match['start']}{last}. {match['text']}{match['end']}"

    return HEADING.sub(number, body)
