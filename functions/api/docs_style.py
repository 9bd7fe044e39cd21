"""How the documentation page looks; system fonts, light and dark, nothing to fetch."""

STYLE = """
:root{--ink:#1c2530;--soft:#5b6875;--line:#dfe4ea;--paper:#fff;--shade:#f5f7f9;--accent:#0b6b57;
--get:#1d62b4;--post:#0b6b57;--delete:#b3261e;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#9aa7b4;--line:#2c3641;
--paper:#12181f;--shade:#1a222b;--accent:#4fc3a8;--get:#6ba6ea;--post:#4fc3a8;--delete:#f08a83}}
*{box-sizing:border-box}html{scroll-behavior:smooth}
body{margin:0;display:grid;grid-template-columns:19rem minmax(0,1fr);color:var(--ink);
background:var(--paper);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem;background:var(--shade);
border-right:1px solid var(--line);font-size:13px}
nav .brand{font-weight:700;font-size:1.25rem;margin:0 0 1rem}
nav h3{margin:1.2rem 0 .3rem;font-size:11px;letter-spacing:.08em;text-transform:uppercase;
color:var(--soft)}
nav ul{list-style:none;margin:0;padding:0}nav a{display:flex;gap:.5rem;padding:.2rem .3rem;
color:inherit;text-decoration:none;border-radius:4px}nav a:hover{background:var(--line)}
main{padding:2.5rem 3rem 6rem;max-width:68rem}
h1{margin:0 0 .5rem;font-size:2rem}h1 small,h2 small,h4 small{color:var(--soft);font-weight:400;
font-size:.6em;margin-left:.6rem}
h2{margin:2.5rem 0 .2rem;padding-top:1rem;border-top:1px solid var(--line)}
h4{margin:1.2rem 0 .4rem}a{color:var(--accent)}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
p code{background:var(--shade);padding:.1em .3em;border-radius:3px}
.verb{display:inline-block;min-width:3.4rem;font:700 11px/1.9 ui-monospace,monospace;
text-align:center;border:1px solid;border-radius:4px}
.get{color:var(--get)}.post{color:var(--post)}.delete{color:var(--delete)}
.put,.patch{color:#96660c}
nav .verb{min-width:2.9rem;font-size:9px;height:fit-content}
details.call{margin:.6rem 0;border:1px solid var(--line);border-radius:8px}
details.call>summary{display:flex;gap:.8rem;align-items:center;padding:.6rem .9rem;cursor:pointer}
details.call[open]>summary{border-bottom:1px solid var(--line);background:var(--shade)}
details.call>div{padding:.2rem 1.1rem 1.1rem}.about{margin-left:auto;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:13.5px}
tr{border-top:1px solid var(--line)}th,td{padding:.4rem .6rem .4rem 0;text-align:left;
vertical-align:top;font-weight:400}th{width:26%}td:nth-child(2){width:22%;color:var(--soft)}
th em{display:block;font-style:normal;font-size:11px;color:var(--delete)}
td small{display:block}.answer{margin:.25rem 0}.answer table{margin:.4rem 0 .8rem 1rem}
summary{cursor:pointer}.good{color:var(--post)}.bad{color:var(--delete)}
@media(max-width:60rem){body{display:block}nav{position:static;height:auto}
main{padding:1.5rem 1rem}.about{display:none}}
"""
"""The whole style sheet."""
