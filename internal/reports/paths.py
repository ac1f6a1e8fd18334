"""Where a kernel looks for programs. Run as a program, it prints the PATH without gopls.

GoNB starts gopls wherever it finds it, and asks it about every cell: that completes what a person types, and makes each cell
about three times slower.
"""

import os
import shutil

NEEDED = ("go", "cc", "gcc", "git", "bash")  # folders that hold one of these stay


def without_gopls(path: str) -> str:
    """A PATH without the folders that hold gopls and nothing that is needed."""
    needed = {os.path.dirname(found) for tool in NEEDED if (found := shutil.which(tool, path=path))}
    return os.pathsep.join(
        folder for folder in path.split(os.pathsep) if folder in needed or not os.path.exists(os.path.join(folder, "gopls"))
    )


if __name__ == "__main__":
    print(without_gopls(os.environ.get("PATH", "")))
