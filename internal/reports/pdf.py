"""Prints reports to PDF with a headless Chromium."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=10000",
    "--no-pdf-header-footer",
    "--window-size=1280,1024",  # a wide one: on paper, pictures have the form that they had in the window
)


def browser() -> str:
    """The path of Chromium or Chrome. Raises FileNotFoundError, saying how to get one, where there is none."""
    for name in filter(None, (os.environ.get("CHROME"), *BROWSERS)):
        if path := shutil.which(name):
            return path
    if sys.platform == "darwin" and os.path.exists(MAC):
        return MAC
    raise FileNotFoundError("no Chromium or Chrome for the PDFs: install one, as with `apt install chromium`, or name it in CHROME")


def print_pdf(page: Path) -> Path:
    """Prints one page to the PDF beside it, and returns its path."""
    pdf = page.with_suffix(".pdf")
    pdf.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        command = [browser(), *FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    if done.returncode != 0 or not pdf.exists():
        raise RuntimeError(f"{page.name} could not be printed: {done.stderr.strip()[-800:]}")
    return pdf
