"""Turns executed notebooks into pages that need no network, and lists them in an index."""

import base64
import html
import json
import os
import re
import subprocess
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote, unquote

import execute
import layout
import listing
import maths
import names as naming
import nbformat
from traitlets.config import Config

CLONE = Path(__file__).resolve().parents[2]
HIDDEN = "remove_cell"  # the tag of the cells that a report leaves out


def page(notebook: nbformat.NotebookNode, title: str, templates: Path, report: dict) -> str:
    """One self-contained page: pictures, formulas and styles are in it."""
    notebook.metadata.setdefault("language_info", {"name": "go"})["pygments_lexer"] = "go"  # GoNB names no lexer
    config = Config()
    config.TemplateExporter.extra_template_basedirs = [str(templates)]
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_cell_tags = {HIDDEN}
    exporter = maths.Exporter(config=config, template_name="offline", embed_images=True)
    body, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}, "report": report})
    head, _, rest = body.partition("<!-- contents -->")
    rest = listing.with_lines(layout.numbered(rest))
    return head + contents(rest) + exporter.formulas.outlines() + rest


def contents(body: str) -> str:
    """The table of contents of a page: its sections."""
    items = "".join(f'<li><a href="#{found["id"]}">{re.sub("<[^>]*>", "", found["text"])}</a></li>' for found in layout.HEADING.finditer(body))
    return f'<details class="report-contents" open><summary>Contents</summary><ol>{items}</ol></details>' if items else ""


NOTATION = "notation.html"  # the page of the symbols, beside the index

LINK = re.compile(r'href="(?!#|[a-zA-Z][a-zA-Z0-9+.-]*:|//)([^"#]+)((?:#[^"]*)?)"')


def link_reports(body: str, name: str, source: Path, names: set[str], folder: Path) -> str:
    """Makes the links of a notebook those of its report: to another notebook's report, to a file in the clone.

    Every notebook that is there has a page, see write_missing. What a link does not find loses the link and stays as text.
    """
    pages = names | {"index", NOTATION.removesuffix(".html")}

    def target(match: re.Match) -> str:
        path, fragment = unquote(html.unescape(match[1])), match[2]
        other = naming.linked(name, path)
        if other in pages:
            return f'href="{html.escape(quote(naming.address(name, other)), quote=True)}{fragment}"'
        file = source.parent / path
        if not file.exists():
            return 'class="report-nowhere"'
        return f'href="{html.escape(quote(os.path.relpath(file, (folder / name).parent)), quote=True)}{fragment}"'

    return LINK.sub(target, body)


LIVE = re.compile(r"<script>/\*robustloss-live\*/(.*?)/\*robustloss-live\*/", re.DOTALL)


def share_live(body: str, name: str, folder: Path) -> str:
    """Puts the program of the figures that move, which every one of them carries, into one file for all pages."""
    found = LIVE.search(body)
    if found is None:
        return body
    write(folder / "live.js", found[1])
    parts = LIVE.split(body)
    return parts[0] + f'<script src="{naming.top(name)}live.js"></script>' + "".join("<script>" + part for part in parts[2::2])


def title_of(notebook: nbformat.NotebookNode, name: str) -> str:
    """The first heading of a notebook, or its name."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# +(.+)$", cell.source, re.MULTILINE)):
            return found[1].strip()
    return name


def question_of(notebook: nbformat.NotebookNode) -> str:
    """What a notebook asks: what is bold in its first text."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"\*\*(.+?)\*\*", cell.source, re.DOTALL)):
            text = re.sub(r"\$([^$]*)\$", lambda m: plain_tex(m[1]), found[1])
            text = re.sub(r"[*`]|\s+", lambda m: " " if m[0].isspace() else "", text)
            return text[:1].upper() + text[1:]
    return ""


def plain_tex(tex: str) -> str:
    """A short formula in plain letters, for places that hold no images."""
    letters = {"alpha": "α", "rho": "ρ", "mu": "μ", "psi": "ψ", "sigma": "σ", "nu": "ν", "infty": "∞", "log": "log "}
    return re.sub(r"\\([a-zA-Z]+)\s*", lambda m: letters.get(m[1], ""), tex).replace("-", "−")


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


FAILED = "report-failed"  # the tag of the failing cell, which the template frames


def mark_failure(run: execute.Run) -> dict:
    """Marks the failing cell of a notebook, and returns what the banner above the page says."""
    if run.failure is None:
        return {}
    banner = {"summary": run.failure.summary, "detail": run.failure.detail, "anchor": "", "rest": ""}
    if run.failure.cell is not None:
        cell = run.notebook.cells[run.failure.cell]
        cell.metadata["tags"] = [tag for tag in cell.metadata.get("tags", []) if tag != HIDDEN] + [FAILED]
        if not any(o.output_type == "error" or o.get("name") == "stderr" for o in cell.get("outputs", [])):
            cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text=str(run.failure)))
        banner["anchor"] = cell.get("id", "")
    left = len([cell for cell in run.notebook.cells if cell.cell_type == "code"]) - run.executed
    if left:
        banner["rest"] = f"The last {left} code cells were not executed." if left > 1 else "The last code cell was not executed."
    return banner


def count_of(checks: list[dict]) -> str:
    """How many checks hold, in words: 12 live and 3 stored checks hold."""
    if not checks:
        return "no checks"
    held = [check["kind"] for check in checks if check["ok"]]
    live, stored, failed = held.count("live"), held.count("stored"), len(checks) - len(held)
    counted = [f"{n} {kind}" for n, kind in ((live, "live"), (stored, "stored")) if n]
    text = f"{' and '.join(counted)} check{'s hold' if live + stored > 1 else ' holds'}" if counted else "no check holds"
    return text + (f", {failed} does not" if failed == 1 else f", {failed} do not" if failed else "")


# A report leaves its facts beside it, so that the index can be written without executing everything.
def facts_file(folder: Path, name: str) -> Path:
    return folder / ".facts" / f"{name}.json"


def write_page(run: execute.Run, name: str, source: Path, names: set[str], facts: str, templates: Path, folder: Path):
    """Writes the page of one notebook."""
    picture, alt = figure_of(run.notebook)
    report = {"facts": facts, "failure": mark_failure(run), "name": name, "top": naming.top(name), **naming.neighbours(name, names)}
    report["lesson"] = naming.address(name, Path(name).name) if naming.is_solution(name) else None
    report["solutions"] = naming.solutions_of(name, names)
    report["source"] = base64.b64encode(source.read_bytes()).decode("ascii")
    body = page(layout.arranged(run.notebook, picture, alt), title_of(run.notebook, name), templates, report)
    write(folder / f"{name}.html", share_live(link_reports(body, name, source, names, folder), name, folder))


def write_report(run: execute.Run, name: str, source: Path, names: set[str], preset: str, templates: Path, folder: Path, pages: bool):
    """Writes the page of one notebook, and its facts for the index. Without pages only what failed gets one."""
    checks = run.checks()
    picture, alt = figure_of(run.notebook)
    if picture and not naming.is_solution(name):
        write_thumbnail(folder / f"{name}.jpg", base64.b64decode(picture))
    facts = " · ".join((facts_of(run.seconds, preset), count_of(checks)))
    if pages or run.failure:
        write_page(run, name, source, names, facts, templates, folder)
    else:
        (folder / f"{name}.html").unlink(missing_ok=True)
    entry = {
        "name": name,
        "title": title_of(run.notebook, name),
        "facts": facts,
        "question": question_of(run.notebook),
        "picture": bool(picture),
        "alt": alt,
        "preset": preset,
        "failure": run.failure.summary if run.failure else "",
        "checks": checks,
    }
    write(facts_file(folder, name), json.dumps(entry))


STUB = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{name}: not executed</title></head>
<body>
<p><a href="index.html">All reports</a></p>
<p>The notebook {name} was not executed yet: <code>make reports NB={name}</code> does it.</p>
</body>
</html>
"""


def write_missing(folder: Path, notebooks: dict[str, Path], templates: Path):
    """Writes a page for every notebook that was not executed, so that links to it lead somewhere.

    Solutions are executed by tests and on demand: their page has the text and the code, also where the notebook has changed.
    """
    for name, source in notebooks.items():
        file = folder / f"{name}.html"
        known = facts_file(folder, name).exists() and file.exists()
        if naming.is_solution(name):
            if file.exists() and file.stat().st_mtime >= source.stat().st_mtime:
                continue
            facts = f"text and code alone: make reports NB={name} executes it"
            run = execute.Run(nbformat.read(source, as_version=4), 0.0, None, 0)
            write_page(run, name, source, set(notebooks), facts, templates, folder)
        elif not known:
            write(file, STUB.format(name=html.escape(name)))
        if not known:
            facts_file(folder, name).unlink(missing_ok=True)


def item(folder: Path, name: str, names: set[str]) -> str:
    """What the index says of one lesson."""
    link = html.escape(quote(name), quote=True)
    if not facts_file(folder, name).exists():
        return f'<li class="missing"><h2>{html.escape(name)}</h2><p>not executed yet</p></li>'
    entry = json.loads(facts_file(folder, name).read_text(encoding="utf8"))
    picture = failure = ""
    if entry["picture"]:
        alt = html.escape(entry["alt"], quote=True)
        picture = f'<img src="{link}.jpg" alt="{alt}">'
    if entry["failure"]:
        failure = f"<p><strong>failed</strong>: {html.escape(entry['failure'])}</p>"
    number = f"{int(found[0])}. " if (found := re.match(r"\d+", name)) else ""
    solutions = naming.solutions_of(name, names)
    exercises = f'<p><a href="{html.escape(quote(solutions), quote=True)}.html">Solutions of the exercises</a></p>' if solutions else ""
    return (
        f'<li{" class=failed" if failure else ""}><a href="{link}.html"><h2>{number}{html.escape(entry["title"])}</h2>{picture}</a>'
        f'<p class="question">{html.escape(entry["question"])}</p>'
        f"{failure}<p>{html.escape(entry['facts'])}</p>{exercises}</li>"
    )


def write_index(folder: Path, notebooks: dict[str, Path], templates: Path):
    """Writes index.html: every lesson in the order of the names, with title, figure, checks and running time."""
    write_missing(folder, notebooks, templates)
    template = (Path(__file__).parent / "index.html").read_text(encoding="utf8")
    write(folder / NOTATION, (Path(__file__).parent / NOTATION).read_text(encoding="utf8"))
    lessons = [item(folder, name, set(notebooks)) for name in notebooks if not naming.is_solution(name)]
    write(folder / "index.html", template.replace("<!-- reports -->", "\n".join(lessons)))


def write_thumbnail(path: Path, picture: bytes):
    """Writes a figure, a PNG, as the small picture that the index shows: ten of them with the index have less than 200 kB."""
    with tempfile.TemporaryDirectory() as folder:
        figure, small = Path(folder) / "figure.png", Path(folder) / "small.jpg"
        figure.write_bytes(picture)
        done = subprocess.run(["go", "run", "./internal/thumbnail", figure, small], cwd=CLONE, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{path.name} could not be made: {done.stderr.strip()[-800:]}")
        write_bytes(path, small.read_bytes())


def write(path: Path, text: str):
    """Writes a text file whole or not at all."""
    write_bytes(path, text.encode("utf8"))


def write_bytes(path: Path, content: bytes):
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
