// The page: takes the document that stands in it, fills the header and the sections, draws each figure when it comes
// near the window, and, where it is served live, does so again with each new document, in place.

import { isAny, readFragment, writeFragment } from "./choice.js";
import { element, sentence } from "./dom.js";
import { drawCharts, heightOf, panelsOf, prepareCharts } from "./draw.js";
import { finding } from "./finding.js";
import { compact, day, dayOf, dollars, integer, moment, percent, text, useNames } from "./format.js";
import { listen } from "./live.js";
import { readFigure } from "./model.js";
import { dotsOf, pictureOf } from "./picture.js";
import { publishedTable } from "./published.js";
import { makeTable } from "./table.js";
import { authorsOf, viewOf } from "./view.js";
import { fillForm } from "./view_form.js";

// The study prints these as tables: they stand open, beside their chart.
const OPEN_TABLES = ["S03", "S31", "S32", "S33", "S38"];

const models = new Map(); // by id: {source, model, isDrawn, width}
const spoken = document.getElementById("spoken");

// A live region speaks only what changes, so the same words twice need a different text.
let turn = false;
function announce(words) {
  turn = !turn;
  spoken.textContent = turn ? words : words + "\u00a0";
}

// ---- The header.

const LEDGER = {
  whole: "whole: every record that was read is accounted for",
  open: "open: the worker has not closed all windows yet",
  absent: "absent: there is no ledger to hold the figures to",
};

function item(term, ...meaning) {
  return element("div", {}, element("dt", {}, term), element("dd", {}, ...meaning.filter((part) => part !== null)));
}

function tokens(value) {
  return element("abbr", { title: `${integer(value)} tokens` }, compact(value, 4));
}

// What the figures hold: all events before a time, so many records of the log, so far from its end.
function asOf(told) {
  const behind =
    told.behind === null
      ? "how far behind the log's end is not known"
      : told.behind === 0
        ? "at the log's end"
        : `${integer(told.behind)} behind the log's end`;
  const window = `${told.window} of ${day(dayOf(told.start))} (${told.pane.replace("_", " ")})`;
  return item(
    "As of",
    told.event_ms === null ? (told.records > 0 ? "a time that is not known" : "no event yet") : moment(told.event_ms),
    element(
      "small",
      {},
      `${integer(told.records)} records read, ${behind}, when the ${window} was told: ${moment(told.told_ms)}`,
    ),
  );
}

function header(facts) {
  const { range, coverage, ledger } = facts;
  const last = range?.to ? new Date(dayOf(range.to).getTime() - 86400000) : null;
  const list = [];
  if (range?.from && last)
    list.push(item("Range", last < dayOf(range.from) ? "no weeks" : `${day(dayOf(range.from))} to ${day(last)}`));
  if (facts.as_of) list.push(asOf(facts.as_of));
  if (facts.times > 1)
    list.push(item("Volumes", `\u00d7 ${integer(facts.times)}`, element("small", {}, "of what was counted")));
  list.push(item("Requests", integer(facts.requests)), item("Tokens", tokens(facts.tokens)));
  list.push(item("Paid", dollars(facts.cost_nano_usd / 1e9)), item("Models", integer(facts.models)));
  list.push(
    item(
      "Accounts",
      facts.accounts === null || facts.accounts === undefined ? "not known" : integer(facts.accounts),
      facts.accounts_about ? element("small", {}, facts.accounts_about) : null,
    ),
  );
  if (coverage)
    list.push(
      item(
        "Classified",
        `${percent(coverage.share, 2)} of requests`,
        element("small", {}, `${integer(coverage.classified)} requests, ${integer(coverage.mapped)} with a category`),
      ),
    );
  if (ledger)
    list.push(
      item(
        "Ledger",
        element("span", { class: `state ${ledger.state}` }, ledger.state),
        element("small", {}, ledger.sentence ?? LEDGER[ledger.state] ?? ""),
      ),
    );
  if (facts.tables_version) list.push(item("Tables", element("small", {}, facts.tables_version)));
  list.push(item("Newest window ends", facts.newest_window_end_ms > 0 ? moment(facts.newest_window_end_ms) : "none"));
  document.getElementById("facts").replaceChildren(...list);
  document.getElementById("scalars").replaceChildren(...(facts.scalars ?? []).map(scalar));
}

function scalar(one) {
  const value = one.value === null || one.value === undefined ? "not known" : text(one.value, one.type);
  return element(
    "div",
    { id: one.id },
    element("dt", {}, element("span", { class: "id" }, one.id), " ", one.title),
    element("dd", {}, value, one.about ? element("small", {}, one.about) : null),
  );
}

function notes(list) {
  const section = document.getElementById("notes");
  section.hidden = list.length === 0;
  section.querySelector("ul").replaceChildren(...list.map((note) => element("li", {}, ...sentence(note))));
}

// ---- Figures.

function sectionOf(figure) {
  let section = document.getElementById(figure.id);
  if (!section) {
    section = element(
      "section",
      { id: figure.id, class: "figure", "aria-labelledby": `${figure.id}-title` },
      element(
        "h3",
        { id: `${figure.id}-title` },
        element("a", { class: "id", href: `#${figure.id}` }, figure.id),
        " ",
        element("span", {}, figure.title),
      ),
      element("p", { class: "about" }, figure.about),
    );
    document.getElementById("figures").append(section);
  }
  return section;
}

function part(section, name, tag = "div") {
  return section.querySelector(`:scope > .${name}`) ?? section.appendChild(element(tag, { class: name }));
}

// What the figure shows is its title; what it measures stands below.
function heading(section, figure) {
  const found = finding(figure);
  // A number stays with its unit.
  section.querySelector("h3 span:last-child").textContent = (found ?? figure.title).replace(
    /(\d) (%|[kMBT]\b)/g,
    "$1\u00a0$2",
  );
  let measure = section.querySelector(":scope > .measure");
  if (!measure) section.querySelector("h3").after((measure = element("p", { class: "measure" })));
  measure.hidden = found === null;
  measure.textContent = found === null ? "" : figure.title;
  section.querySelector(".about").textContent = figure.about;
}

// What the numbers are of, in the figure itself, so that a picture of it has it too.
let source = "";
function tellSource({ as_of: told, ledger, requests, times }) {
  const when = told?.event_ms ? `as of ${moment(told.event_ms)}` : null;
  const scale = times > 1 ? `volumes \u00d7 ${integer(times)}` : null;
  source = ["Source: gentally", `${integer(requests)} requests`, scale, when, ledger ? `ledger ${ledger.state}` : null]
    .filter(Boolean)
    .join(", ");
}

function takeFigure(own) {
  const { figure, said } = viewOf(own, study, choice);
  const source = JSON.stringify([figure, said]);
  const known = models.get(figure.id);
  if (known?.source === source) return;
  const section = sectionOf(figure);
  heading(section, figure);
  const entry = known ?? { section };
  Object.assign(entry, { source, figure, isDrawn: false, width: 0 });
  entry.model = readFigure(figure);
  tellView(section, said);
  models.set(figure.id, entry);
  const isMissing = Boolean(figure.missing) || entry.model.points.length === 0;
  entry.isChart = !isMissing && figure.chart.kind !== "table";
  words(section, entry, isMissing);
  const plot = part(section, "plot");
  plot.hidden = !entry.isChart;
  if (entry.isChart && !plot.querySelector("svg"))
    plot.style.minHeight = `${
      heightOf(entry.model, plot.clientWidth) * Math.ceil(panelsOf(entry.model).length / 3) + 40
    }px`;
  part(section, "source", "p").hidden = isMissing;
  publishedBy(section, own);
  tableOf(section, entry, isMissing);
  pictures(section, entry);
  definitionOf(section, entry);
  remarks(section, entry);
  if (entry.isChart) {
    prepareCharts(entry.model, plot, announce);
    if (!known) plot.addEventListener("focusin", () => drawFigure(entry));
    watcher.observe(plot);
  }
  if (known && isNear(plot)) drawFigure(entry);
}

// What of the choice the figure follows.
function tellView(section, said) {
  let box = section.querySelector(":scope > .view");
  if (!box) section.querySelector(".about").after((box = element("p", { class: "view" })));
  box.hidden = said.length === 0;
  box.textContent = said.join(" ");
}

function words(section, entry, isMissing) {
  const box = part(section, "missing", "p");
  box.hidden = !isMissing;
  box.replaceChildren(...sentence(isMissing ? entry.figure.missing || "There is nothing to draw yet." : ""));
}

function publishedBy(section, own) {
  const made = publishedTable(own);
  if (made.length) part(section, "published", "details").replaceChildren(...made);
}

function tableOf(section, entry, isMissing) {
  const details = part(section, "table", "details");
  details.hidden = isMissing;
  if (!details.firstChild) {
    details.append(element("summary", {}, "Table"), element("div", { class: "body" }));
    details.addEventListener("toggle", () => fillTable(entry, details));
    details.open = OPEN_TABLES.includes(entry.figure.id) || entry.figure.chart.kind === "table";
  }
  const { length } = entry.figure.rows;
  details.querySelector("summary").textContent = `Table (${integer(length)} ${length === 1 ? "value" : "values"})`;
  entry.tableOf = null;
  fillTable(entry, details);
}

// The figure as a picture, made when it is asked for, of what is shown then.
function pictures(section, entry) {
  const box = part(section, "pictures", "p");
  box.hidden = !entry.isChart;
  if (box.firstChild) return;
  const { id } = entry.figure;
  const give = (blob, name) => {
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const button = (name, make) => {
    const made = element("button", { type: "button" }, name);
    made.addEventListener("click", async () => {
      drawFigure(entry);
      give(await make(pictureOf(section)), name);
    });
    return made;
  };
  box.append(
    "Picture: ",
    button(`${id}.svg`, (picture) => new Blob([picture.text], { type: "image/svg+xml" })),
    " ",
    button(`${id}.png`, dotsOf),
  );
}

// How it is counted: the definition, how to recount it, and what its columns are.
function definitionOf(section, entry) {
  const { figure } = entry;
  const details = part(section, "definition", "details");
  details.hidden = !figure.definition;
  if (!figure.definition) return;
  if (!details.firstChild)
    details.append(element("summary", {}, "How it is counted"), element("div", { class: "body" }));
  const { measure, unit, rollup, window, period, revision } = figure.definition;
  const list = [
    ["Measure", measure ? `${measure}: ${unit}` : unit],
    ["Of", `summaries of rollup ${rollup} by ${window}, ${period}`],
    ["Revision", `${integer(revision)} records`],
    ["Recount", element("code", {}, `gentally figures --sql ${figure.id}`)],
    ...figure.columns.map((column) => [column.name, column.about]),
  ];
  details
    .querySelector(".body")
    .replaceChildren(
      element(
        "dl",
        {},
        ...list
          .filter(([, meaning]) => meaning)
          .map(([term, meaning]) => element("div", {}, element("dt", {}, term), element("dd", {}, meaning))),
      ),
    );
}

function fillTable(entry, details) {
  if (!details.open || entry.tableOf === entry.source) return;
  entry.tableOf = entry.source;
  const body = details.querySelector(".body");
  const old = body.querySelector(".scroll");
  const place = old ? [old.scrollLeft, old.scrollTop] : null;
  const isFocused = old !== null && old === document.activeElement;
  body.replaceChildren(...makeTable(entry.model));
  const made = body.querySelector(".scroll");
  if (place) [made.scrollLeft, made.scrollTop] = place;
  if (isFocused) made.focus({ preventScroll: true });
}

function remarks(section, entry) {
  const list = [...(entry.figure.notes ?? [])];
  if (entry.model.suppressed > 0 && !list.some((note) => /suppress|withheld/i.test(note)))
    list.push(
      `${entry.model.suppressed} ${
        entry.model.suppressed === 1 ? "value is" : "values are"
      } withheld, for fewer accounts than may be published.`,
    );
  const box = part(section, "remarks", "ul");
  box.hidden = list.length === 0;
  box.replaceChildren(...list.map((note) => element("li", {}, ...sentence(note))));
}

function drawFigure(entry) {
  const plot = entry.section.querySelector(":scope > .plot");
  const width = plot.clientWidth;
  if (!entry.isChart || width === 0 || (entry.isDrawn && entry.width === width)) return;
  entry.isDrawn = true;
  entry.width = width;
  drawCharts(entry.model, plot, width, announce);
}

const isNear = (element) => {
  const box = element.getBoundingClientRect();
  return box.bottom > -innerHeight && box.top < 2 * innerHeight;
};

const watcher = new IntersectionObserver(
  (seen) => {
    for (const one of seen) if (one.isIntersecting) drawFigure(entryOf(one.target));
  },
  { rootMargin: "100% 0%" },
);

const entryOf = (plot) => models.get(plot.parentElement.id);

// A link into the page is held to while what stands above it is drawn, until the reader moves.
let held = null;
function hold() {
  held = document.getElementById(readFragment(location.hash).id);
  held?.scrollIntoView();
}
addEventListener("hashchange", () => {
  const given = chosen();
  if (JSON.stringify(given) !== JSON.stringify(choice)) choose(given);
  hold();
});
for (const type of ["wheel", "touchmove", "keydown", "pointerdown"])
  addEventListener(type, () => (held = null), { passive: true });
addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]:not([download])');
  if (!link) return;
  // What is chosen goes along to the figure that is linked to, beside what the link itself chooses.
  if (isAny(choice) && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    const { id, choice: more } = readFragment(link.getAttribute("href"));
    history.pushState(null, "", writeFragment(id, { ...choice, ...more }));
    if (isAny(more)) choose(chosen());
  }
  setTimeout(hold);
});

// A new width draws what is near again, and the rest when it comes near.
let settling = 0;
new ResizeObserver(() => {
  held?.scrollIntoView();
  cancelAnimationFrame(settling);
  settling = requestAnimationFrame(() => {
    for (const entry of models.values())
      if (isNear(entry.section)) drawFigure(entry);
      else if (entry.isDrawn) {
        const plot = entry.section.querySelector(":scope > .plot");
        watcher.unobserve(plot);
        watcher.observe(plot);
      }
  });
}).observe(document.getElementById("figures"));

// On paper everything is there, drawn and open enough to be read.
addEventListener("beforeprint", () => {
  for (const entry of models.values()) drawFigure(entry);
});

// ---- What is chosen.

let study = null;
let choice = {};

// By the address; an author whom the document does not have is not chosen.
function chosen() {
  const { choice: given } = readFragment(location.hash);
  if (given.author && !authorsOf(study).includes(given.author)) delete given.author;
  return given;
}

function choose(given) {
  choice = given;
  fillForm(document.getElementById("view"), study, choice, (changed) => {
    history.replaceState(null, "", writeFragment(readFragment(location.hash).id, changed));
    choose(changed);
  });
  for (const figure of study.figures) takeFigure(figure);
  for (const { section } of models.values()) part(section, "source", "p").textContent = source;
}

// ---- The document.

function take(given) {
  study = given;
  useNames(study.names);
  document.title = study.header.title;
  document.getElementById("title").textContent = study.header.title;
  header(study.header);
  notes(study.notes ?? []);
  // What is in view stays where it is, whatever grows above it.
  const anchor = [...models.values()]
    .map((entry) => entry.section)
    .find((section) => section.getBoundingClientRect().bottom > 0);
  const before = anchor?.getBoundingClientRect().top;
  tellSource(study.header);
  choose(chosen());
  if (anchor && scrollY > 0) scrollBy(0, anchor.getBoundingClientRect().top - before);
}

// The sums by which figures are made anew are packed; the page stands before they are there.
async function unpackCubes(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const own = study;
  const cubes = await new Response(stream).json();
  own.cubes = cubes;
  if (own !== study) return; // a newer document has come meanwhile
  choose(chosen());
  if (held) hold();
}

document.getElementById("contents").open = matchMedia("(min-width: 1100px)").matches;
take(JSON.parse(document.getElementById("study").textContent));
if (document.body.dataset.live !== undefined) listen(document.body.dataset.live, take);
if (location.hash) hold();
const packed = document.getElementById("cubes").textContent.trim();
const isReady = () => document.body.classList.add("ready");
if (packed)
  unpackCubes(packed).then(isReady, isReady); // a browser that cannot unpack goes without
else isReady();
