"""Executes a notebook, and finds what went wrong in it."""

import os
import re
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

# GoNB answers "ok" to these, and tells of them on stderr only.
SILENT_FAILURES = re.compile(
    r"(exit status [1-9]\d*|signal: [a-z ]+(?: \(core dumped\))?)$"  # a failing !command, or a %%bash cell
    r'|"%[^"]*" unknown or not implemented yet\.'  # a magic that does not exist
    r"|^GoNB Error:",
    re.MULTILINE,
)
RAISES = "raises-exception"  # Jupyter's tag for a cell that is meant to fail


class Failure(Exception):
    """What a reader of the terminal needs to know of a failed notebook."""


@dataclass
class Run:
    """One execution of a notebook."""

    source: Path
    notebook: nbformat.NotebookNode
    seconds: float
    problems: list[str] = field(default_factory=list)


def environment() -> dict[str, str]:
    """The environment of a kernel: this one's, less the folders that hold gopls.

    GoNB starts gopls wherever it finds it, for the completion of what a person types; without a person it only makes
    every cell three times slower.
    """
    needed = {os.path.dirname(path) for tool in ("go", "cc", "gcc", "git", "bash") if (path := shutil.which(tool))}
    folders = [
        folder
        for folder in os.environ.get("PATH", "").split(os.pathsep)
        if folder in needed or not os.path.exists(os.path.join(folder, "gopls"))
    ]
    return {**os.environ, "PATH": os.pathsep.join(folders)}


def describe(index: int, cell: nbformat.NotebookNode) -> str:
    """Names a cell by its number and its first telling line."""
    lines = [line.strip() for line in cell.source.splitlines()]
    telling = [line for line in lines if line and not line.startswith(("%%", "//", "import", ")", '"'))]
    return f"cell {index + 1} ({(telling or lines or [''])[0][:60]})"


def silent_failures(notebook: nbformat.NotebookNode) -> list[str]:
    """Lists what failed in an executed notebook although the kernel said that all was well."""
    problems = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or RAISES in cell.metadata.get("tags", []):
            continue
        text = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr")
        if SILENT_FAILURES.search(text):
            problems.append(f"{describe(index, cell)}: {text.strip()[-800:]}")
    return problems


def output_tail(cell: nbformat.NotebookNode) -> str:
    """What a failing cell said: GoNB puts compile errors and panics into the streams."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append("\n".join(output.get("traceback", [])) or output.get("evalue", ""))
    text = re.sub(r"\x1b\[[0-9;]*m", "", "".join(parts)).strip()
    return text[-2000:]


def tail_of(log) -> str:
    """The end of a log file."""
    log.seek(0)
    return log.read()[-1500:].strip()


async def execute(source: Path, kernel_name: str, timeout: int, tell) -> Run:
    """Executes a notebook in its own folder. Raises Failure where a cell fails; tell(text) gets the progress."""
    notebook = nbformat.read(source, as_version=4)
    codes = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    last = {"cell": 0, "told": time.monotonic()}

    def on_cell_start(cell, cell_index):
        last["cell"] = cell_index
        if cell_index in codes and time.monotonic() - last["told"] > 5:
            last["told"] = time.monotonic()
            tell(f"{source.stem}: code cell {codes.index(cell_index) + 1} of {len(codes)}")

    client = NotebookClient(
        notebook,
        kernel_name=kernel_name,
        timeout=timeout,
        startup_timeout=120,
        on_cell_start=on_cell_start,
        resources={"metadata": {"path": str(source.parent)}},
        store_widget_state=False,
    )
    began = time.monotonic()
    log = tempfile.TemporaryFile("w+")  # what the kernel itself says, of no interest unless it dies
    try:
        await client.async_execute(env=environment(), stdout=log, stderr=log)
    except CellExecutionError as error:
        cell = notebook.cells[last["cell"]]
        raise Failure(f"{source.stem}, {describe(last['cell'], cell)} failed:\n{output_tail(cell) or error}") from None
    except CellTimeoutError:
        cell = notebook.cells[last["cell"]]
        raise Failure(f"{source.stem}, {describe(last['cell'], cell)} was still at work after {timeout} s") from None
    except DeadKernelError:
        cell = notebook.cells[last["cell"]]
        raise Failure(f"{source.stem}, {describe(last['cell'], cell)}: the kernel died:\n{tail_of(log)}") from None
    finally:
        log.close()
    run = Run(source, notebook, time.monotonic() - began, silent_failures(notebook))
    if run.problems:
        raise Failure(f"{source.stem}: a command or a magic failed in " + "\n".join(run.problems))
    return run
