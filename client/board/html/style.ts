import { palette } from '../../report/html/style.ts';

/**
 * The look of the board: legible from 320 px on, in the dark, and on paper. A state is a sign, a word and a kind of
 * border; its colour only repeats them.
 */
export const style = `${palette}
* { box-sizing: border-box; }
[hidden] { display: none; }
body { margin: 0 auto; max-width: 110rem; padding: .75rem 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1rem; margin: 0; color: var(--dim); font-weight: 600; }
h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .35rem; }
a { color: inherit; text-decoration-color: var(--time); text-underline-offset: .2em; }
.headline { font-size: 1.4rem; line-height: 1.25; font-weight: 600; margin: .15rem 0 .5rem; }
.warnings, #lost { margin: .5rem 0; padding: .5rem .75rem; border: 2px dashed var(--refused); border-radius: .4rem;
  list-style: none; font-weight: 600; }
dl { margin: 0; display: grid; gap: .2rem; }
.fact { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); gap: .5rem; }
dt, footer, .label, .when, .which, .what, .legend { color: var(--dim); }
dd { margin: 0; }
.odd dd { font-weight: 600; }
.command { display: block; margin: .2rem 0; padding: .35rem .5rem; background: var(--soft); border-radius: .3rem;
  font: .85rem/1.4 ui-monospace, monospace; font-weight: 400; user-select: all; }
.word { display: inline-block; max-width: 100%; }
.state { display: inline-block; padding: 0 .45rem; border: 1px solid var(--colour); border-radius: .3rem;
  font-weight: 600; font-size: .9rem; white-space: nowrap; }
.alarm { --colour: var(--alert); } .ask { --colour: var(--refused); } .move { --colour: var(--time); }
.stop { --colour: var(--change); } .calm { --colour: var(--done); } .unknown { --colour: var(--dim); }
.state.alarm, .state.ask { background: var(--colour); color: var(--ground); }
.state.stop { border-width: 2px; } .state.unknown { border-style: dashed; }
.state.calm { border-color: transparent; padding-left: 0; }
.sign { color: var(--colour); } .alarm .sign, .ask .sign { color: inherit; }
.subject { border: 1px solid var(--line); border-left: .35rem solid var(--colour); border-radius: .4rem;
  padding: .6rem .75rem; }
.subjects { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(min(32rem, 100%), 1fr)); }
#heard { float: right; margin: 0; color: var(--dim); font-size: .9rem; }
.answers { list-style: none; margin: .5rem 0 0; padding: 0; }
.answers li { margin: .3rem 0; }
.what { display: block; }
.places { width: 100%; border-collapse: collapse; table-layout: fixed; }
.places th { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; }
.places thead th { color: var(--dim); font-weight: 500; }
.places th:first-child { width: 11rem; }
.places td { vertical-align: top; padding: .6rem .75rem; border: 1px solid var(--line); font-size: .95rem; }
.places .place { border-left: .35rem solid var(--colour); }
.places .none { color: var(--dim); }
.places h3 .service { display: none; }
.states { margin: 0 0 .4rem; display: flex; flex-wrap: wrap; gap: .3rem; }
.strip { margin: .5rem 0; }
svg { display: block; width: 100%; overflow: visible; }
svg svg { width: auto; }
svg.sample { display: inline-block; width: 14px; vertical-align: middle; }
.axis text { font-size: 12px; fill: var(--dim); text-anchor: middle; }
.grid { stroke: var(--line); }
.lane { padding: .1rem 0; }
.label { font-size: .85rem; }
.mark circle { fill: var(--done); stroke: var(--done); stroke-width: 2; }
.mark path { stroke: var(--alert); stroke-width: 3; fill: none; stroke-linecap: round; }
.mark.early circle { fill: none; stroke: var(--dim); }
.legend { font-size: .9rem; margin: .25rem 0 .75rem; }
.changes { list-style: none; margin: 0; padding: 0; }
.changes li { padding: .35rem 0; border-top: 1px solid var(--line); }
.outcome { display: block; max-height: 4.4em; overflow: hidden; }
footer { margin-top: 2rem; padding-top: .75rem; border-top: 1px solid var(--line); font-size: .9rem; }
@media (max-width: 64rem) { ${stacked('.places')} }
@media (max-width: 96rem) { ${stacked('.places.many')} }
@media (max-width: 40rem) {
  .headline { font-size: 1.2rem; } .fact { display: block; } dt, dd { display: inline; }
  dt:not(:empty)::after { content: ':'; }
}
@media print {
  body { max-width: none; font-size: 10pt; } .subject, .place, li { break-inside: avoid; }
  .outcome { max-height: none; } .state.alarm, .state.ask { background: none; color: var(--text); border-width: 2px; }
  * { print-color-adjust: exact; }
}
`;

/** A narrow screen has the environments one below the other, each with the name of its service. */
function stacked(table: string): string {
  return (
    `${table}, ${table} tbody, ${table} tr, ${table} td { display: block; } ` +
    `${table} thead, ${table} tbody th, ${table} td.none { display: none; } ` +
    `${table} td { margin: .6rem 0; border-radius: .4rem; } ${table} h3 .service { display: inline; }`
  );
}

/** The icon of the tab: a slip with a ship on it. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<path d="M1 13 15 8" stroke="#57606a" stroke-width="2"/><path d="M4 9h8l-2 3-6 1z" fill="#0969da"/></svg>
`;
