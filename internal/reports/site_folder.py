"""Copies reports into a folder that any static host serves."""

import re
import shutil
from pathlib import Path

from names import SOLUTIONS

UPWARDS = re.compile(r'href="((?:\.\./)+)[^"]*"')  # at more steps up than the page lies deep it is a file of the clone


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
    for file in sorted([*reports.iterdir(), *(reports / SOLUTIONS).glob("*")]):
        target = folder / file.relative_to(reports)
        target.parent.mkdir(exist_ok=True)
        if file.suffix == ".html":
            target.write_text(without_clone(file.read_text(encoding="utf8"), len(target.relative_to(folder).parts) - 1), encoding="utf8")
        elif file.suffix in (".jpg", ".js", ".pdf"):
            shutil.copyfile(file, target)


def without_clone(page: str, depth: int) -> str:
    """A page, that many folders deep, without its links to files of the clone, which a host does not have."""
    return UPWARDS.sub(lambda link: 'class="report-nowhere"' if link[1].count("../") > depth else link[0], page)
