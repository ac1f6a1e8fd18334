"""Sets formulas as SVG images when a page is exported, so that the page needs no script to show them."""

import html
import re
from functools import cache

import ziamath
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from ziamath.tex import tex2mml

SIZE = 16.0  # what a formula is set in; a page scales it with the text around it
EM = SIZE / 1.12  # its letters are smaller than those of a page's sans serif of the same size
GLYPH = re.compile(r'<symbol id="([^"]+)"[^>]*?(?:/>|>.*?</symbol>)', re.DOTALL)  # that of a space is empty
FRAME = re.compile(r'^<svg [^>]*viewBox="(\S+) (\S+) (\S+) (\S+)"[^>]*>')

FUNCTION = r"\\(?:log|ln|exp|sinh|cosh|sin|cos|det|max|min)\b|\\operatorname\{\w+\}"

TALL = re.compile(r"\\\\\[[^\]]*\]")  # the distance after a line

# What MathJax, which JupyterLab shows formulas with, reads and ziamath does not.
SPELLINGS = [
    (TALL, r"\\\\"),
    (re.compile(r"\\(?:[bB]igg?[lrm]?)\s*\\Vert\b"), r"\\|"),
    (re.compile(r"\\(?:[bB]igg?)[lr]?\s*\\\{"), r"\\left\\{"),
    (re.compile(r"\\(?:[bB]igg?)[lr]?\s*\\\}"), r"\\right\\}"),
    # What it sets too far apart, or too close: a sign before a number, := as two signs, a function and its argument.
    (re.compile(r"(^|[=<>(\[,&]|\\(?:to|ge|le|pm|approx|in|qquad|quad)\b)(\s*)([-+])(?=\s*[\w\\(])"), r"\1\2{\3}"),
    (re.compile(r"=:"), r"\\;≕\\;"),
    (re.compile(r":="), r"\\;≔\\;"),
    (re.compile(rf"({FUNCTION})\s+(?=\w)"), r"\1\\,"),
    (re.compile(rf"({FUNCTION})\s*(?=\\(?!(?:[bB]igg?[lr]?|left)\b|[,;!:|]))"), r"\1\\,"),
    (re.compile(r"(\\operatorname\{\w+\})(?=\w)"), r"\1\\,"),
    (re.compile(r"(\\lim_\{[^{}]*\})"), r"\1\\,"),
]
INLINE_SUM = re.compile(r"(\\sum_\w)\s*(?!\^)")  # its index stands behind it


@cache
def drawn(tex: str, display: bool) -> str:
    """One formula as SVG, with its own glyphs. Raises ValueError where TeX cannot be read."""
    between = "0.8em" if TALL.search(tex) else "0.3em"
    for pattern, spelling in SPELLINGS:
        tex = pattern.sub(spelling, tex)
    if not display:
        tex = INLINE_SUM.sub(r"\1\\,", tex)
    try:
        mathml = tex2mml(tex, inline=not display).replace("<mtable", f'<mtable rowspacing="{between}"')
        return ziamath.Math(mathml, size=SIZE).svg()
    except Exception as error:  # ziamath and latex2mathml raise what they meet
        raise ValueError(f"the formula {tex!r} cannot be set: {error or type(error).__name__}") from error


class Formulas:
    """The formulas of one page, which share the outlines of their glyphs."""

    def __init__(self):
        self.glyphs: dict[str, str] = {}

    def html(self, tex: str, display: bool) -> str:
        """A formula as it stands in a page: as high as the text around it, and read aloud as its TeX."""
        tex = tex.strip()
        svg = drawn(tex, display)
        for glyph in GLYPH.finditer(svg):
            self.glyphs.setdefault(glyph[1], glyph[0])
        left, top, width, height = map(float, FRAME.match(svg).groups())
        body = FRAME.sub("", GLYPH.sub("", svg)).removesuffix("</svg>").replace("black", "currentColor")
        style = f"width:{width / EM:.3f}em;height:{height / EM:.3f}em;vertical-align:{-(top + height) / EM:.3f}em"
        image = (
            f'<svg class="formula" role="img" aria-label="{html.escape(tex, quote=True)}" style="{style}" '
            f'viewBox="{left} {top} {width} {height}">{body}</svg>'
        )
        return f'<div class="formula-line">{image}</div>' if display else image

    def outlines(self) -> str:
        """The glyphs that the formulas refer to: it stands once in the page, and is not seen."""
        if not self.glyphs:
            return ""
        return '<svg width="0" height="0" style="position:absolute" aria-hidden="true">' + "".join(self.glyphs.values()) + "</svg>"


# What touches a formula in a text, such as a bracket before it or a comma behind it, and stays on its line.
TOUCHED = re.compile(r"""((?:&\w+;|[^\s<>&;])*)(<svg class="formula".*?</svg>)((?:&\w+;|[^\s<>&])*)""", re.DOTALL)


def held_together(text: str) -> str:
    """A text in which no line ends between a formula and what touches it."""
    return TOUCHED.sub(lambda m: f'<span class="report-word">{m[0]}</span>' if m[1] or m[3] else m[0], text)


class Renderer(IPythonRenderer):
    """Markdown as HTML, with formulas as images."""

    formulas: Formulas

    def block_math(self, body: str) -> str:
        return self.formulas.html(body, True)

    def inline_math(self, body: str) -> str:
        return self.formulas.html(body, False)

    def latex_environment(self, name: str, body: str) -> str:
        return self.formulas.html(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)


class Exporter(HTMLExporter):
    """nbconvert's exporter of pages, with formulas as images. One exporter makes one page."""

    def __init__(self, **kwargs):
        self.formulas = Formulas()
        super().__init__(**kwargs)

    @pass_context
    def markdown2html(self, context, source):
        cell = context.get("cell", {})
        renderer = Renderer(
            escape=False,
            attachments=cell.get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
            **self.lexer_options,
        )
        renderer.formulas = self.formulas
        return held_together(MarkdownWithMath(renderer=renderer).render(source))
