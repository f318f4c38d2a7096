"""Style of the evaluation's page, light or dark as the reader's system is.

The page allows no other style and no program (Content-Security-Policy), so shades are classes.
"""

from __future__ import annotations

import base64
import hashlib

SHADES = 10

_RULES = """
:root{color-scheme:light dark;--ink:#111827;--soft:#4b5563;--line:#d7dbe2;--paper:#fff;
--card:#f6f7f9;--good:5,150,105;--bad:220,38,38;--c0:#2563eb;--c1:#c2410c;--c2:#047857;--c3:#7c3aed}
@media(prefers-color-scheme:dark){:root{--ink:#e5e7eb;--soft:#a3abb8;--line:#3a4252;--paper:#12161d;
--card:#1b212b;--good:52,211,153;--bad:248,113,113;--c0:#7aa7ff;--c1:#fb9a5b;--c2:#4ade9d;
--c3:#b79bff}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:66rem;padding:1.5rem 1rem 4rem;
color:var(--ink);background:var(--paper)}
h1{font-size:1.5rem;margin:0;overflow-wrap:anywhere} h2{font-size:1.1rem;margin:2.2rem 0 .6rem}
h3{font-size:.95rem;margin:.4rem 0;overflow-wrap:anywhere}
.sub,.note{color:var(--soft);margin:.2rem 0 .8rem} .note{font-size:.875rem;max-width:48rem}
.verdict{border-left:.35rem solid;padding:.5rem .9rem;margin:1rem 0;background:var(--card)}
.verdict.good{border-color:rgb(var(--good))} .verdict.bad{border-color:rgb(var(--bad))}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:.75rem}
.card{border:1px solid var(--line);border-radius:.5rem;padding:.6rem .9rem;background:var(--card)}
.card b{display:block;font-size:1.35rem;line-height:1.3} .card small{color:var(--soft)}
.better{color:rgb(var(--good))} .worse{color:rgb(var(--bad))}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:1rem}
.heat{max-width:44rem}
svg{width:100%;height:auto;display:block} svg text{font-size:11px;fill:var(--soft)}
.grid{stroke:var(--line)} .ideal{stroke:var(--soft);stroke-dasharray:4}
.curve{fill:none;stroke-width:2} .dot{fill-opacity:.6;stroke:none}
.s0{stroke:var(--c0)} .s1{stroke:var(--c1)} .s2{stroke:var(--c2)} .s3{stroke:var(--c3)}
.f0{fill:var(--c0)} .f1{fill:var(--c1)} .f2{fill:var(--c2)} .f3{fill:var(--c3)}
.best{stroke:var(--ink);stroke-width:2;fill-opacity:1}
.hit{fill:rgb(var(--good))} .miss{fill:rgb(var(--bad))} .frame{fill:none;stroke:var(--line)}
.wide{overflow-x:auto} table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;border:1px solid var(--line);white-space:nowrap}
th{background:var(--card);font-weight:600} th:first-child,.names th,.names td{text-align:left}
.charts+.wide{margin-top:1rem}
.long th,.long td{white-space:normal;overflow-wrap:anywhere;min-width:6rem}
.matrix th,.matrix td{text-align:center;padding:.25rem .45rem}
.matrix tbody th{text-align:left} .matrix th{max-width:11rem;overflow:hidden;text-overflow:ellipsis}
.matrix i{font-style:normal}
.upright thead th+th{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;
max-width:none;max-height:9rem;padding:.45rem .25rem}
.matrix td:has(i){padding:0} .matrix i{display:block;padding:.25rem .45rem}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:1rem}
figure{margin:0;font-size:.8rem;line-height:1.35} figcaption{overflow-wrap:anywhere}
figure img{width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;
background:var(--card);border:1px solid var(--line)} figure.large img{image-rendering:auto}
figure small{color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;margin:0}
dt{color:var(--soft)} dd{margin:0;overflow-wrap:anywhere}
details{margin-top:.8rem} summary{cursor:pointer;color:var(--soft)}
@media print{body{max-width:none} .wide{overflow:visible}}
"""


def _shades() -> str:
    """`g1` to `g10` for right answers, `b1` to `b10` for wrong ones: even the least is seen."""
    return "".join(
        f".{letter}{step}{{background:rgba(var(--{color}),{0.12 + 0.5 * step / SHADES:.2f})}}"
        for letter, color in (("g", "good"), ("b", "bad"))
        for step in range(1, SHADES + 1)
    )


STYLE = f"{_RULES}{_shades()}\n"


def policy() -> str:
    """Content-Security-Policy: this style and pictures within the page, nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
