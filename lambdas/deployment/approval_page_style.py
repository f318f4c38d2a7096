"""Style of the approval page, light or dark as the reader's system is.

The page allows no other style and no program (Content-Security-Policy).
"""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root{color-scheme:light dark;--ink:#111827;--soft:#4b5563;--line:#d7dbe2;--paper:#fff;
--card:#f6f7f9;--good:#047857;--bad:#b91c1c;--ask:#b45309}
@media(prefers-color-scheme:dark){:root{--ink:#e5e7eb;--soft:#a3abb8;--line:#3a4252;
--paper:#12161d;--card:#1b212b;--good:#34d399;--bad:#f87171;--ask:#fbbf24}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:58rem;padding:1.5rem 1rem 4rem;
color:var(--ink);background:var(--paper)}
h1{font-size:1.5rem;margin:0;overflow-wrap:anywhere} h2{font-size:1.1rem;margin:2.2rem 0 .6rem}
p{margin:.3rem 0} .sub,.note{color:var(--soft)} .note{font-size:.875rem;max-width:48rem}
.ask{border-left:.35rem solid var(--ask);padding:.6rem .9rem;margin:1.1rem 0;
background:var(--card)}
.ways{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1rem}
.way{border:1px solid var(--line);border-top:.3rem solid;border-radius:.4rem;padding:.7rem .9rem;
background:var(--card)}
.way.good{border-top-color:var(--good)} .way.bad{border-top-color:var(--bad)}
.way b{display:block} pre{margin:.5rem 0 0;padding:.6rem .7rem;overflow-x:auto;font-size:.85rem;
border:1px solid var(--line);border-radius:.3rem;background:var(--paper);white-space:pre-wrap;
overflow-wrap:anywhere}
.wide{overflow-x:auto} table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .8rem;text-align:left;border:1px solid var(--line);vertical-align:top}
th{background:var(--card);font-weight:600} .figures td+td,.figures th+th{text-align:right}
td{overflow-wrap:anywhere} .figures td{white-space:nowrap}
.better{color:var(--good)} .worse{color:var(--bad)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;margin:0}
dt{color:var(--soft)} dd{margin:0;overflow-wrap:anywhere}
@media(max-width:34rem){dl{grid-template-columns:1fr} dd{margin-bottom:.4rem}}
a{color:inherit} footer{margin-top:2.5rem;color:var(--soft);font-size:.875rem;
overflow-wrap:anywhere}
"""


def policy() -> str:
    """Content-Security-Policy: this style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
