"""Counts the instructions of XLA's kernels: python3 internal/bench/loops.py DIR, where DIR is what XLA dumped (--xla_dump_to=DIR).

A line for each kernel with a vector loop: its name, the instructions of that loop, and those of them that divide or take a root.
"""

import pathlib
import re
import subprocess
import sys


def instructions(path):
    """(address, operation, operands) of each instruction."""
    text = subprocess.run(["objdump", "-d", "-M", "intel", "--no-show-raw-insn", path], capture_output=True, text=True, check=True).stdout
    return [(int(a, 16), op, rest) for a, op, rest in re.findall(r"^\s*([0-9a-f]+):\s+(\S+)[ \t]*(.*)$", text, re.MULTILINE)]


def loop(code):
    """The instructions between a jump back and its target, of the jump with most vector registers between."""
    best, most = [], 0
    for address, op, rest in code:
        target = re.match(r"[0-9a-f]+", rest)
        if op[0] != "j" or not target or int(target[0], 16) >= address:
            continue
        body = [line for line in code if int(target[0], 16) <= line[0] <= address]
        vectors = sum("ymm" in line[2] or "zmm" in line[2] for line in body)
        if vectors > most:
            best, most = body, vectors
    return best


total = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("*obj-file*.o")):
    body = loop(instructions(path))
    if body:
        slow = sum(op.startswith(("vdiv", "vsqrt")) for _, op, _ in body)
        total += len(body)
        print(f"{len(body):5} {slow:3}  {path.name.split('obj-file.')[1].removesuffix('_kernel_module.o').removeprefix('__compute_module_')}")
print(f"{total:5}      in all")
