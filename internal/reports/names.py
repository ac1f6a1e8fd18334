"""Names of notebooks: 01_derivation is a lesson, solutions/01_derivation are the solutions of its exercises.

A page has the name of its notebook, in the folder of the reports.
"""

import os
import posixpath
import sys
from pathlib import Path

SOLUTIONS = "solutions"


def all_of(folder: Path) -> dict[str, Path]:
    """The notebooks of a folder by name: the lessons in numbered order, then their solutions."""
    paths = sorted(folder.glob("*.ipynb")) + sorted((folder / SOLUTIONS).glob("*.ipynb"))
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}


def chosen(folder: Path, wanted: list[str]) -> dict[str, Path]:
    """The notebooks that were asked for, by name; all lessons where none was. "solutions" asks for those of every lesson."""
    found = all_of(folder)
    picked = set()
    for text in wanted:
        name = named(text)
        if name == SOLUTIONS:
            picked |= {other for other in found if is_solution(other)}
        elif name in found:
            picked.add(name)
        else:
            sys.exit(f"reports: no notebook {name} in {folder}; there are {', '.join(found) or 'none'}")
    return {name: path for name, path in found.items() if (name in picked if wanted else not is_solution(name))}


def named(text: str) -> str:
    """The name that a user means, who may have given the path of a file."""
    parts = Path(text.removesuffix(".ipynb")).parts
    return "/".join(parts[-2:] if len(parts) > 1 and parts[-2] == SOLUTIONS else parts[-1:])


def is_solution(name: str) -> bool:
    return name.startswith(SOLUTIONS + "/")


def solutions_of(name: str, names: set[str]) -> str | None:
    """The name of a lesson's solutions, None where there are none."""
    solutions = f"{SOLUTIONS}/{name}"
    return solutions if solutions in names else None


def top(name: str) -> str:
    """What leads from the page of a notebook to the folder of all pages."""
    return "../" * name.count("/")


def linked(name: str, path: str) -> str:
    """The name of the notebook or page to which a link in a notebook leads."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path.removesuffix(".ipynb").removesuffix(".html")))


def address(name: str, other: str) -> str:
    """What leads from the page of a notebook to another page."""
    return os.path.relpath(other, posixpath.dirname(name) or ".").replace(os.sep, "/") + ".html"


def neighbours(name: str, names: set[str]) -> dict:
    """The lesson, or the solutions, before and after one, None at the ends."""
    order = sorted(other for other in names if is_solution(other) == is_solution(name))
    at = order.index(name)
    return {"before": order[at - 1] if at > 0 else None, "after": order[at + 1] if at + 1 < len(order) else None}
