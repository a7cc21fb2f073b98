"""A page for people that is one file: it loads nothing, its style is in it."""

from __future__ import annotations

from .markup import Child, Markup, joined, tag


def page(title: str, *body: Child) -> bytes:
    """The page."""
    head = joined(
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title),
        tag("style", Markup(_STYLE)),
    )
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', tag('main', *body)), lang='en')}\n".encode()


# The colours are those of assets/page.css.
_STYLE = """
:root { color-scheme: light dark; --line: #dce1e7; --soft: #f5f7f9; --dim: #5a6570; --link: #0a52c4; --tint: 94% }
@media (prefers-color-scheme: dark) {
  :root { --line: #353b43; --soft: #1d2126; --dim: #9da7b1; --link: #8cb6f9; --tint: 22% }
  body { background: #15181c; color: #e5e8eb }
}
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem }
h1 { font-size: 1.9rem; line-height: 1.25; margin: 0 0 .25rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem }
h3 { font-size: .95rem; margin: 1.1rem 0 .35rem }
a { color: var(--link) }
code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere }
p { margin: .5rem 0; white-space: pre-line; overflow-wrap: break-word }
td p { margin: 0 }
td code { white-space: nowrap }
.dim { color: var(--dim) }
.forms { display: flex; flex-wrap: wrap; gap: .25rem 2rem; margin: 1rem 0 }
.forms span + a, .forms a + a { margin-left: .6rem }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0 }
summary { padding: .45rem .75rem; cursor: pointer; display: flex; flex-wrap: wrap; gap: .1rem .75rem;
  align-items: baseline }
details[open] > summary { border-bottom: 1px solid var(--line); background: var(--soft);
  border-radius: .4rem .4rem 0 0 }
details > div { padding: .25rem .9rem .8rem }
summary code { font-weight: 600 }
.deprecated summary code { text-decoration: line-through }
.method { font: 600 .78rem ui-monospace, monospace; min-width: 4.2rem; text-align: center; border-radius: .25rem;
  padding: .15rem .3rem; background: hsl(var(--hue, 210) 60% var(--tint));
  border: 1px solid hsl(var(--hue, 210) 45% 50%) }
.get { --hue: 210 } .post { --hue: 140 } .put { --hue: 35 } .patch { --hue: 50 } .delete { --hue: 0 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .94rem }
th { text-align: left; font-weight: 600; color: var(--dim); font-size: .82rem }
th, td { padding: .3rem .9rem .3rem 0; vertical-align: top; border-bottom: 1px solid var(--line) }
tr:last-child td { border-bottom: 0 }
.required::after { content: " *"; color: #d5493f }
""".strip()
