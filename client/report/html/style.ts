/** The colours of every page: light or dark as the reader's system is, black on white on paper. */
export const palette = `
:root { --text: #1b1f24; --dim: #57606a; --ground: #fff; --line: #d0d7de; --soft: #f3f5f7;
  --time: #0969da; --alert: #cf222e; --change: #8250df; --done: #1a7f37; --said: #57606a; --refused: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9da7b3; --ground: #0d1117; --line: #3d444d;
  --soft: #161b22; --time: #58a6ff; --alert: #ff7b72; --change: #bc8cff; --done: #56d364; --said: #9da7b3;
  --refused: #e3b341; } }
@media print { :root { --text: #000; --dim: #444; --ground: #fff; --line: #bbb; --soft: #f3f5f7;
  --time: #0550ae; --alert: #a40e26; --change: #6639ba; --done: #116329; --said: #444; --refused: #7d4e00; } }`;

/** The look of the report, legible from 360 px on, and on paper. */
export const style = `
${palette}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
.severity { display: inline-block; padding: 0 .5rem; border-radius: .3rem; background: var(--alert);
  color: var(--ground); }
.severity.pass { background: var(--done); }
.severity.sev-3 { background: var(--refused); }
.headline { font-size: 1.15rem; font-weight: 600; margin: .25rem 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt, footer, figcaption, .below, .scale, .label { color: var(--dim); }
dd { margin: 0; }
ul, ol { padding-left: 1.4rem; margin: .25rem 0; }
section > ul { list-style: none; padding-left: 0; }
section > ul > li, section > ol > li { margin: .5rem 0; }
.below { font-size: .9rem; }
.mark { display: inline-block; min-width: 1.1rem; font-weight: 600; }
pre { margin: .25rem 0; padding: .5rem; background: var(--soft); border-radius: .3rem; white-space: pre-wrap; }
code { font: .85rem/1.4 ui-monospace, monospace; }
.link { margin: .15rem 0; font-size: .9rem; }
a { color: var(--time); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--dim); font-weight: 500; }
td { min-width: 6.5rem; }
td:first-child, th:first-child { font-weight: 600; min-width: 0; white-space: nowrap; }
.drawing { margin: .75rem 0; }
svg { display: block; width: 100%; overflow: visible; }
.axis text { font-size: 11px; fill: var(--dim); text-anchor: middle; }
.grid { stroke: var(--line); }
.lane { padding: .2rem 0; }
.label { font-size: .85rem; line-height: 1.3; }
.time { --colour: var(--time); } .alert { --colour: var(--alert); } .change { --colour: var(--change); }
.done { --colour: var(--done); } .said { --colour: var(--said); } .refused { --colour: var(--refused); }
.onset { --colour: var(--alert); }
.lane rect, .lane circle, .lane path { fill: var(--colour); }
.lane .onset { stroke: var(--alert); stroke-dasharray: 3 2; }
.rate { fill: none; stroke: var(--text); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
figure g line { stroke: var(--colour); stroke-dasharray: 4 3; }
figure g circle { fill: var(--colour); }
.number { font: 600 11px system-ui, sans-serif; fill: var(--ground); text-anchor: middle; }
.scale, .legend, figcaption { font-size: .85rem; }
.legend li::marker { color: var(--colour); font-weight: 700; }
footer { margin-top: 2rem; padding-top: .75rem; border-top: 1px solid var(--line); font-size: .9rem; }
@media (max-width: 40rem) {
  h1 { font-size: 1.2rem; } dl { grid-template-columns: 6rem 1fr; column-gap: .5rem; }
  thead { display: none; } tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { display: grid; grid-template-columns: 7.5rem 1fr; border: 0; padding: .1rem 0; }
  td::before { content: attr(data-column); color: var(--dim); font-weight: 400; }
  td:first-child { display: block; } td:first-child::before, td.none { display: none; }
}
@media print {
  body { max-width: none; font-size: 10pt; } li, tr, .lane, figure { break-inside: avoid; } h2 { break-after: avoid; }
  * { print-color-adjust: exact; }
}
`;
