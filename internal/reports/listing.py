"""Makes every line of code of a page one of its own, so that what wraps goes on below the text of its line."""

import re

BLOCK = re.compile(r'(<div class="\s*highlight[^"]*"><pre>(?:<span></span>)?)(.*?)(</pre>)', re.DOTALL)
TAG = re.compile(r"<(/?)span[^>]*>")
OPENS = re.compile(r'(<span class="p">[^<]*[({.,]</span>)')  # behind it a line that is too long may end
TAB = 4  # characters


def with_lines(body: str) -> str:
    """A page whose blocks of highlighted code have a block for each line, which knows how far it is indented."""
    return BLOCK.sub(lambda block: block[1] + "".join(map(line, lines(block[2]))) + block[3], body)


def lines(code: str) -> list[str]:
    """The lines of highlighted code, each with whole tags: what goes on over a line's end is closed and opened again."""
    out, opened = [], ""
    for text in code.removesuffix("\n").split("\n"):
        text = opened + text
        stack: list[str] = []
        for tag in TAG.finditer(text):
            if tag[1]:
                stack.pop()
            else:
                stack.append(tag[0])
        opened = "".join(stack)
        out.append(text + "</span>" * len(stack))
    return out


def line(code: str) -> str:
    """A line of highlighted code as a block of its own."""
    text = TAG.sub("", code)
    margin = text[: len(text) - len(text.lstrip(" \t"))]
    indent = len(margin.expandtabs(TAB))
    return f'<span class="report-code" style="--indent:{indent}ch">' + OPENS.sub(r"\1<wbr>", code) + "\n</span>"
