"""Copies reports into a folder that any static host serves."""

import re
import shutil
from pathlib import Path

OUTSIDE = re.compile(r'href="(?:\.\.?/)[^"]*"')  # a file of the clone, which a host does not have


def publish(reports: Path, folder: Path):
    """Makes the folder anew: the pages, their pictures and scripts, and .nojekyll, so that a host serves files as they are.

    A link to a file of the clone stays as text. Raises FileNotFoundError where there are no reports, and FileExistsError
    where the folder is not one that this function made.
    """
    if not (reports / "index.html").exists():
        raise FileNotFoundError(f"{reports} holds no index.html: run make reports first")
    if folder.exists() and not (folder / ".nojekyll").exists():
        raise FileExistsError(f"{folder} is there and was not made by make site: remove it, or name another folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / ".nojekyll").touch()
    for file in sorted(reports.iterdir()):
        if file.suffix == ".html":
            page = OUTSIDE.sub('class="report-nowhere"', file.read_text(encoding="utf8"))
            (folder / file.name).write_text(page, encoding="utf8")
        elif file.suffix in (".png", ".js", ".pdf"):
            shutil.copyfile(file, folder / file.name)
