"""Executes the notebooks and writes reports.

    python internal/reports                      # all lessons, into reports/
    python internal/reports 01_derivation        # one of them
    python internal/reports solutions            # the solutions of all exercises, solutions/01_derivation: of one lesson's
    python internal/reports --pdf                # and print them to PDF
    python internal/reports --pdf --no-execute   # print the reports that are there
    python internal/reports --site site --no-execute   # copy them into a folder for a static host

A notebook fails where a cell fails, a check fails, a shell command fails, a magic does not exist, or a cell takes longer
than the time limit. Its page shows how far it came, and the index lists it as failed. The others are still executed; the
exit status is 1 then, and 130 after an interruption. ROBUSTLOSS_PRESET chooses the size of the experiments: tiny, quick
(the default) or paper.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import execute
import export
import names
import pdf
import site_folder

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "notebooks" / "template"
PRESETS = {"tiny": 600, "quick": 1800, "paper": 7 * 24 * 3600}  # seconds that one cell may take


def tell(text: str):
    """Writes one line of progress."""
    print(f"reports: {text}", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="reports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks, by name; default: all lessons")
    parser.add_argument("--notebooks", type=Path, default=ROOT / "notebooks", help="where they are")
    parser.add_argument("--out", type=Path, default=ROOT / "reports", help="where the reports go")
    jobs = min(3, (os.cpu_count() or 1) + 1)  # one more than processors, for each waits now and then for its kernel, or for a disk
    parser.add_argument("--jobs", type=int, default=jobs, help="how many at the same time")
    parser.add_argument("--timeout", type=int, help="seconds that one cell may take; default by preset")
    parser.add_argument("--pdf", action="store_true", help="print the reports to PDF, too")
    parser.add_argument("--site", type=Path, help="copy the reports into this folder, for a static host")
    parser.add_argument("--no-execute", action="store_true", help="take the reports that are there")
    parser.add_argument("--no-pages", action="store_true", help="write the facts only, and the pages of what failed")
    parser.add_argument("--kernel", default="gonb", help="name of the kernel")
    return parser.parse_args()


TRIAL = 1 << 16  # bytes: a disk that has no room for so little has none for the program of a cell


def check_places(out: Path):
    """Finds out now, and not after minutes, that pages or temporary files cannot be written. Raises RuntimeError then."""
    temporary = os.environ.get("TMPDIR") or tempfile.gettempdir()
    for folder, what, cure in (
        (out, "no pages can be written in", "make room there, or choose another folder: .venv/bin/python internal/reports --out FOLDER"),
        (temporary, "no temporary files can be written in", "make room there, or name another folder in TMPDIR"),
    ):
        try:
            if folder is out:
                out.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder) as file:
                file.write(bytes(TRIAL))
        except OSError as error:
            raise RuntimeError(f"{what} {folder} ({error.strerror}): {cure}") from error


async def produce(wanted: dict[str, Path], known: set[str], args: argparse.Namespace, preset: str) -> list[str]:
    """Executes notebooks, some at the same time, and writes their reports. Returns the names of those that failed."""
    slots = asyncio.Semaphore(max(1, args.jobs))
    timeout = args.timeout or PRESETS[preset]

    async def one(name: str, path: Path) -> str | None:
        async with slots:
            tell(f"{name} …")
            run = await execute.execute(path, name, args.kernel, timeout, tell)
            await asyncio.to_thread(export.write_report, run, name, path, known, preset, TEMPLATES, args.out, not args.no_pages)
            if run.failure is not None:
                tell(f"FAILED {name}, {run.failure}")
                return name
            tell(f"{name} ok, {export.duration(run.seconds)}")
            return None

    return [name for name in await asyncio.gather(*(one(*item) for item in wanted.items())) if name]


async def stoppable(work) -> list[str] | None:
    """Awaits some work, and returns None where a signal stopped it; its kernels have ended then."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return None


def main() -> int:
    args = arguments()
    args.notebooks, args.out = args.notebooks.resolve(), args.out.resolve()
    preset = os.environ.get("ROBUSTLOSS_PRESET") or "quick"
    if preset not in PRESETS:
        sys.exit(f"reports: ROBUSTLOSS_PRESET is {preset!r}: it must be tiny, quick or paper")
    began = time.monotonic()
    wanted, known = names.chosen(args.notebooks, args.names), names.all_of(args.notebooks)
    failed: list[str] | None = []
    if not args.no_execute:
        check_places(args.out)
        failed = asyncio.run(stoppable(produce(wanted, set(known), args, preset)))
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # asyncio took it away
        if not args.no_pages:
            export.write_index(args.out, known, TEMPLATES)
        if failed is None:
            raise KeyboardInterrupt
    if args.pdf:
        for name in wanted:
            page = args.out / f"{name}.html"
            if name in failed:
                continue
            if not export.facts_file(args.out, name).exists():
                sys.exit(f"reports: {page} is not there: run make reports first")
            tell(f"printed {pdf.print_pdf(page).name}")
    if args.site:
        try:
            site_folder.publish(args.out, args.site.resolve())
        except (FileNotFoundError, FileExistsError) as error:
            sys.exit(f"reports: {error}")
        tell(f"the site is in {args.site}")
    tell(f"{len(wanted) - len(failed)} of {len(wanted)} ok in {export.duration(time.monotonic() - began)}; see {args.out / ('.facts' if args.no_pages else 'index.html')}")
    if failed:
        tell("failed: " + ", ".join(failed))
    return 1 if failed else 0
