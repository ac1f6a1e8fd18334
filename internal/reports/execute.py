"""Executes a notebook, and finds what went wrong in it."""

import asyncio
import os
import re
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import paths
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
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
CHECK = "robustloss-check"  # where an output's metadata holds a check, see CheckMetadata in notebooks/show


@dataclass
class Failure:
    """What a reader needs to know of a failed notebook."""

    cell: int | None  # its index, None where no cell is to blame
    summary: str  # one line
    detail: str = ""  # what the failing cell said

    def __str__(self) -> str:
        return f"{self.summary}:\n{self.detail}" if self.detail else self.summary


@dataclass
class Run:
    """One execution of a notebook, as far as it came."""

    notebook: nbformat.NotebookNode
    seconds: float
    failure: Failure | None
    executed: int  # how many of the code cells

    def checks(self) -> list[dict]:
        """The outcomes of all checks in the order of the page, each with the index of its cell."""
        return [
            {"cell": index, **output.metadata[CHECK]}
            for index, cell in enumerate(self.notebook.cells)
            for output in cell.get("outputs", [])
            if CHECK in output.get("metadata", {})
        ]


class KernelManager(AsyncKernelManager):
    """Starts kernels with the environment of this process where a kernel's description says otherwise."""

    @property
    def kernel_spec(self):
        spec = super().kernel_spec
        if spec is not None and "GOEXPERIMENT" in os.environ:
            spec.env["GOEXPERIMENT"] = os.environ["GOEXPERIMENT"]  # how Go is compiled decides the last digits
        return spec


class Client(NotebookClient):
    """A client that leaves the handling of signals to its caller, and stops its kernel however the notebook ends."""

    @asynccontextmanager
    async def async_setup_kernel(self, **kwargs):
        self.km = self.create_kernel_manager()
        try:
            await self.async_start_new_kernel(**kwargs)
            await self.async_start_new_kernel_client()
            yield
        finally:
            if self.km is not None:
                await self._async_cleanup_kernel()

    async def async_execute_cell(self, *args, **kwargs):
        try:
            return await super().async_execute_cell(*args, **kwargs)
        except DeadKernelError:
            if self.km is not None and await self.km.is_alive():
                raise asyncio.CancelledError from None  # nbclient takes a cancellation for the death of the kernel
            raise

    async def _async_check_alive(self):
        if self.kc is None:  # nbclient still looks after a kernel that was stopped
            raise DeadKernelError("the kernel was stopped")
        await super()._async_check_alive()


def environment() -> dict[str, str]:
    """The environment of a kernel: this one's, less the folders that hold gopls: no person types here."""
    return {**os.environ, "PATH": paths.without_gopls(os.environ.get("PATH", ""))}


def describe(index: int, cell: nbformat.NotebookNode) -> str:
    """Names a cell by its number and its first telling line."""
    lines = [line.strip() for line in cell.source.splitlines()]
    telling = [line for line in lines if line and not line.startswith(("%%", "//", "import", ")", '"'))]
    return f"cell {index + 1} ({(telling or lines or [''])[0][:60]})"


def silent_failure(notebook: nbformat.NotebookNode) -> Failure | None:
    """What failed in an executed notebook although the kernel said that all was well."""
    failures = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or RAISES in cell.metadata.get("tags", []):
            continue
        text = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr")
        if SILENT_FAILURES.search(text):
            failures.append(Failure(index, f"a command or a magic failed in {describe(index, cell)}", text.strip()[-800:]))
    if not failures:
        return None
    more = "".join(f"\n{failure}" for failure in failures[1:])
    return Failure(failures[0].cell, failures[0].summary, failures[0].detail + more)


def output_tail(cell: nbformat.NotebookNode) -> str:
    """What a failing cell said: GoNB puts compile errors and panics into the streams."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append("\n".join(output.get("traceback", [])) or output.get("evalue", ""))
    return plain("".join(parts))[-2000:]


def plain(text: str) -> str:
    """A text without the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).strip()


def tail_of(log) -> str:
    """The end of a log file."""
    log.seek(0)
    return log.read()[-1500:].strip()


async def execute(source: Path, name: str, kernel_name: str, timeout: int, tell) -> Run:
    """Executes a notebook in its own folder, up to the first cell that fails. tell(text) gets the progress, under its name."""
    began = time.monotonic()
    try:
        notebook = nbformat.read(source, as_version=4)
    except Exception as error:  # nbformat and json have many ways to say that this is no notebook
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return Run(nbformat.v4.new_notebook(), 0.0, Failure(None, f"the notebook cannot be read: {reason}"), 0)
    codes = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    last = {"cell": None, "told": time.monotonic()}

    def on_cell_start(cell, cell_index):
        last["cell"] = cell_index
        if cell_index in codes and time.monotonic() - last["told"] > 5:
            last["told"] = time.monotonic()
            tell(f"{name}: code cell {codes.index(cell_index) + 1} of {len(codes)}")

    client = Client(
        notebook,
        kernel_name=kernel_name,
        kernel_manager_class=KernelManager,
        timeout=timeout,
        startup_timeout=120,
        on_cell_start=on_cell_start,
        resources={"metadata": {"path": str(source.parent)}},
        store_widget_state=False,
    )

    def failed(text: str, detail: str = "") -> Failure:
        at = last["cell"]
        where = describe(at, notebook.cells[at]) if at is not None else "before the first cell"
        return Failure(at, where + text, detail)

    with tempfile.TemporaryFile("w+") as log:  # what the kernel itself says, of no interest unless it dies
        try:
            await client.async_execute(env=environment(), stdout=log, stderr=log)
            failure = silent_failure(notebook)
        except CellExecutionError as error:
            failure = failed(" failed", output_tail(notebook.cells[last["cell"]]) or plain(str(error)))
        except CellTimeoutError:
            failure = failed(f" was still at work after {timeout} s")
        except DeadKernelError:
            failure = failed(": the kernel died", tail_of(log))
        except (RuntimeError, OSError, NoSuchKernel) as error:
            failure = failed(f": the kernel does not start (make setup prepares it): {error}", tail_of(log))
    executed = len([i for i in codes if last["cell"] is not None and i <= last["cell"]])
    return Run(notebook, time.monotonic() - began, failure, executed)
