// A figure on the page: its charts, its legend, what the pointer and the keys do there, and its words for those who do
// not see it. One element takes the focus per chart and stays the same when the data changes.

import { authorOf, colours, meaningOf, SHAPES } from "./colour.js";
import { element } from "./dom.js";
import { compact, label, nameOf, text } from "./format.js";
import { isNumber, isTime, rank } from "./model.js";
import { highest, isCrowd, lines, lyingBars, scatter, timeStack, words } from "./shapes.js";

const WIDE = 720; // from here on names stand beside the chart, not above it
const KINDS = {
  area: "Stacked area chart",
  bars: "Bar chart",
  lines: "Line chart",
  points: "Scatter plot",
  bar: "Bar chart",
};

const isSplit = (model) => Boolean(model.chart.panel || model.apart);
export const panelsOf = (model) => model.apart ?? (model.chart.panel ? model.panels : [""]);

// The boxes of a figure's charts, with their words: there from the beginning, for keys and for screen readers, while
// the drawing waits until it is near. Boxes that are there stay, and keep the focus.
export function prepareCharts(model, host, announce) {
  const panels = panelsOf(model);
  let frame = host.querySelector(":scope > .charts");
  if (!frame) host.append((frame = element("div", { class: "charts" })));
  frame.classList.toggle("panels", isSplit(model));
  while (frame.children.length > panels.length) frame.lastElementChild.remove();
  while (frame.children.length < panels.length) frame.append(chartBox(announce));
  panels.forEach((panel, index) =>
    frame.children[index].setAttribute("aria-label", summary(model, panel, pointsOf(model, panel))),
  );
  return frame;
}

const pointsOf = (model, panel) =>
  isSplit(model) ? model.points.filter((point) => (model.apart ? point.series : point.panel) === panel) : model.points;

// Draws `model` into `host`, `width` pixels wide.
export function drawCharts(model, host, width, announce) {
  const panels = panelsOf(model);
  const frame = prepareCharts(model, host, announce);
  const isScatter = model.chart.kind === "points";
  const tints = colours(model);
  const shades = model.series.map((series) => tints.get(series));
  shades.forEach((shade, index) => host.style.setProperty(`--s${index}`, shade));

  const names = legendNames(model);
  const hasLegend = names.length > 1;
  const isBeside = hasLegend && width >= WIDE && !isSplit(model) && !model.isLying;
  const legendWidth = isBeside ? Math.min(240, 34 + Math.max(...names.map((entry) => measure(entry.short)))) : 0;
  const room = {
    right: isBeside ? legendWidth + 6 : 14,
    isSmall: isSplit(model),
    symbol: (series) => symbolOf(model, series),
    fill: (point, index) => partFill(model, tints, point, index),
  };
  const height = heightOf(model, width);

  const areSmall = isSplit(model);
  const columns = areSmall ? Math.max(2, Math.min(4, Math.floor((width + 20) / 240))) : 1;
  titles(model, host, frame, areSmall);
  cohortKey(model, host, frame);
  frame.style.setProperty("--columns", columns);
  const chartWidth = Math.floor((width - (columns - 1) * 20) / columns);
  const domains = areSmall ? sharedDomains(model) : {};
  const drawn = panels.map((panel, index) => {
    const box = frame.children[index];
    const points = pointsOf(model, panel);
    const shape = shapeFor(model, points, chartWidth, height, room, domains);
    fill(box, model, panel, shape);
    return shape;
  });
  legend(model, host, frame, names, hasLegend, isBeside ? drawn[0] : null, legendWidth, isScatter);
  host.style.minHeight = "";
  return drawn;
}

function shapeFor(model, points, width, height, room, domains) {
  if (model.chart.kind === "points") return scatter(model, points, width, height, room);
  if (model.isLying) return lyingBars(model, points, width, room);
  if (model.chart.kind === "lines") return lines(model, points, width, height, room, domains);
  return timeStack(model, points, width, height, room);
}

// About as high as the drawing will be: kept free before it is drawn, so that nothing jumps.
export function heightOf(model, width) {
  if (isSplit(model)) return width < 480 ? 150 : 190;
  if (model.chart.kind === "points" && width < 480) return isCrowd(model.points) ? 480 : 380;
  if (model.chart.kind === "points") return 540;
  return width < 480 ? 260 : 360;
}

function sharedDomains(model) {
  const xs = model.points.map((point) => point.x).filter((x) => typeof x === "number");
  const domains = { top: highest(model, model.points) };
  if (!isTime(model.xType) && xs.length) {
    domains.x = [Math.min(...xs), Math.max(...xs, Math.min(...xs) + 1)];
    if (model.xType === "integer" && domains.x[1] - domains.x[0] < 8)
      domains.xTicks = range(domains.x[0], domains.x[1]);
  }
  return domains;
}

const range = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

let ruler = null;
function measure(label) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return Math.ceil(ruler.measureText(label).width);
}

// ---- Colours and shapes of parts.

// Whether most parts belong to one bar alone, as the tags of a category do.
function isNested(model) {
  const counts = new Map();
  for (const point of model.points) counts.set(String(point.x), (counts.get(String(point.x)) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return model.isLying && most > 1 && model.series.length > 1.5 * most;
}

// Of a bar that stands for an author, a model, a category, a continent.
const ownColour = (point) => meaningOf(String(point.x)) ?? authorOf(String(point.x));

function partFill(model, tints, point, index) {
  if (!model.chart.series)
    return `var(--${
      ownColour(point) ??
      (model.points.some((one) => ownColour(one) && ownColour(one) !== "muted") ? "muted" : "accent")
    })`;
  // Parts that belong to one bar alone are shades of that bar's colour.
  if (isNested(model)) {
    const base = meaningOf(String(point.x)) ?? "accent";
    return `color-mix(in oklab, var(--${base}) ${[42, 34, 27, 21, 17, 13, 10][Math.min(index, 6)]}%, var(--paper))`;
  }
  return tints.get(point.series);
}

function symbolOf(model, series) {
  const known = model.series.filter((name) => meaningOf(name) && meaningOf(name) !== "muted");
  const at = known.indexOf(series);
  return at < 0 ? "circle" : SHAPES[at % SHAPES.length];
}

// ---- The legend: beside the chart, where its parts end; above it where there is no room.

function legendNames(model) {
  if (!model.chart.series || model.series.length < 2 || isNested(model) || model.chart.outstanding) return [];
  if (model.apart || areQuarters(model)) return []; // what stands above each chart, or in it, names them
  const labelled =
    model.chart.kind === "points" && model.chart.label === model.chart.series && model.series.length <= 24;
  if (labelled) return [];
  // A model's author is left out where its colour says it, unless two models would read alike.
  const type = model.typeOf(model.chart.series);
  const short = model.series.map((name) => (type === "month" ? text(name, type) : label(name)));
  const isClear = new Set(short).size === short.length && !model.series.includes("marketing/seo");
  const entries = model.series.map((name, index) => ({
    name,
    short: isClear ? short[index] : name,
    index,
    indexes: [index],
  }));
  if (model.chart.kind !== "points" || model.series.length <= 12) return entries;
  // Authors without a colour of their own are one entry.
  const known = entries.filter((entry) => meaningOf(entry.name) && meaningOf(entry.name) !== "muted");
  const rest = entries.filter((entry) => !known.includes(entry));
  return rest.length
    ? [
        ...known,
        {
          name: "others",
          short: "others",
          index: rest[0].index,
          indexes: rest.map((entry) => entry.index),
        },
      ]
    : known;
}

// Whether the series are the quarters that the chart names.
const areQuarters = ({ chart, series }) =>
  Boolean(chart.quarters) && series.every((name) => chart.quarters.some((one) => one.toLowerCase() === name));

function legend(model, host, frame, names, isShown, beside, width, isScatter) {
  let list = host.querySelector(":scope > .legend");
  const focused = list?.contains(document.activeElement) ? document.activeElement.dataset.series : null;
  const pressed = host.dataset.only ?? null;
  if (!isShown) {
    list?.remove();
    delete host.dataset.only;
    return;
  }
  if (!list)
    host.insertBefore(
      (list = element("ul", { class: "legend", "aria-label": "Series: press one to bring it out" })),
      frame,
    );
  list.classList.toggle("beside", Boolean(beside));
  list.style.width = beside ? `${width}px` : "";
  const places = beside ? spread(names, beside) : null;
  const entries = places ? [...names].sort((a, b) => places.get(a) - places.get(b)) : names;
  list.replaceChildren(
    ...entries.map((entry) => {
      const button = element("button", {
        type: "button",
        "data-series": entry.name,
        title: entry.short === entry.name ? null : entry.name,
        "aria-pressed": String(pressed === entry.name),
      });
      button.append(
        swatch(entry, isScatter ? symbolOf(model, entry.name) : "square", model.chart.kind === "lines"),
        element("span", {}, entry.short),
      );
      button.addEventListener("click", () => bringOut(host, pressedNow(host) === entry.name ? null : entry));
      const item = element("li", {}, button);
      if (places) item.style.top = `${places.get(entry)}px`;
      if (entry.name === focused) queueMicrotask(() => button.focus({ preventScroll: true }));
      return item;
    }),
  );
  bringOut(host, pressed === null ? null : (names.find((entry) => entry.name === pressed) ?? null));
}

const pressedNow = (host) => host.dataset.only ?? null;

function bringOut(host, entry) {
  if (entry) host.dataset.only = entry.name;
  else delete host.dataset.only;
  for (const button of host.querySelectorAll(".legend button"))
    button.setAttribute("aria-pressed", String(entry !== null && button.dataset.series === entry.name));
  for (const mark of host.querySelectorAll("svg .mark, svg .band")) {
    const own = [...mark.classList].find((name) => /^s\d+$/.test(name));
    mark.classList.toggle(
      "faded",
      entry !== null && own !== undefined && !entry.indexes.includes(Number(own.slice(1))),
    );
  }
}

const SYMBOLS = {
  circle: "M8 4a4 4 0 1 0 .01 0z",
  square: "M4 4h8v8h-8z",
  triangle: "M8 3l5 9H3z",
  diamond: "M8 2l4 6-4 6-4-6z",
  star: "M8 2l1.6 4.2 4.4.2-3.5 2.7 1.2 4.3L8 11l-3.7 2.4 1.2-4.3L2 6.4l4.4-.2z",
  wye: "M6.5 2h3v5l4 2.5-1.5 2.5-4-2.5-4 2.5-1.5-2.5 4-2.5z",
  cross: "M6 2h4v4h4v4h-4v4H6v-4H2V6h4z",
};

function swatch(entry, symbol, isLine) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute(
    "d",
    isLine ? "M1 6.5h14v3H1z" : symbol === "square" ? "M2 2h12v12H2z" : (SYMBOLS[symbol] ?? SYMBOLS.circle),
  );
  path.setAttribute("fill", `var(--s${entry.index})`);
  svg.append(path);
  return svg;
}

// Names stand where their parts end, pushed apart where they would cover each other.
function spread(names, shape) {
  const height = 20;
  const { marginTop, marginBottom, height: whole } = shape.layout;
  const wanted = names
    .map((entry, index) => ({
      entry,
      y: (shape.ends.get(entry.name) ?? marginTop + index * height + height / 2) - height / 2,
    }))
    .sort((a, b) => a.y - b.y);
  const low = marginTop - 4,
    high = whole - marginBottom + 4 - height;
  for (let index = 0; index < wanted.length; index++)
    wanted[index].y = Math.max(wanted[index].y, index ? wanted[index - 1].y + height : low);
  for (let index = wanted.length - 1; index >= 0; index--)
    wanted[index].y = Math.min(wanted[index].y, index < wanted.length - 1 ? wanted[index + 1].y - height : high);
  // More names than the chart is high: from the top down, below its end.
  if (wanted.length && wanted[0].y < 0) wanted.forEach((one, index) => (one.y = index * height));
  return new Map(wanted.map(({ entry, y }) => [entry, Math.round(y)]));
}

// ---- A chart that can be visited.

function chartBox(announce) {
  const box = element("div", { class: "chart", tabindex: "0", role: "application", "aria-roledescription": "chart" });
  const state = { stops: [], at: -1, key: null };
  box.state = state;
  box.addEventListener("pointermove", (event) => visit(box, nearest(box, event)));
  box.addEventListener("pointerdown", (event) => visit(box, nearest(box, event)));
  box.addEventListener("pointerleave", () => document.activeElement !== box && leave(box));
  box.addEventListener("blur", () => leave(box));
  box.addEventListener("keydown", (event) => {
    const last = state.stops.length - 1;
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    // Up and down go along lying bars; elsewhere they scroll the page, as they do everywhere.
    const steps = { ArrowRight: 1, ArrowLeft: -1, ...(state.shape.by === "y" ? { ArrowDown: 1, ArrowUp: -1 } : {}) };
    let at = state.at;
    if (event.key in steps)
      at = at < 0 ? (steps[event.key] > 0 ? 0 : last) : Math.min(last, Math.max(0, at + steps[event.key]));
    else if (event.key === "Home") at = 0;
    else if (event.key === "End") at = last;
    else if (event.key === "Escape") return leave(box);
    else return;
    event.preventDefault();
    visit(box, at);
    announce(spoken(box, state.stops[at]));
  });
  return box;
}

function fill(box, model, panel, shape) {
  const state = box.state;
  const svgBox = element("div", { class: "drawing" });
  const cursor = element("div", { class: `cursor ${shape.by}`, hidden: true });
  const hint = element("div", { class: "hint", hidden: true });
  svgBox.append(shape.svg, cursor, hint);
  box.replaceChildren(
    ...(panel === "" ? axisTitle(model, "y") : panelTitle(model, panel)),
    svgBox,
    ...(panel === "" ? axisTitle(model, "x") : []),
    ...(shape.unfit ? [element("div", { class: "fit-key" }, shape.unfit)] : []),
  );
  const key = state.key;
  Object.assign(state, { stops: shape.stops, shape, model, cursor, hint, at: -1 });
  // After a redraw the place that was visited is found again by what it stands for.
  if (key !== null && (document.activeElement === box || box.matches(":hover")))
    visit(
      box,
      shape.stops.findIndex((stop) => stop.key === key),
    );
}

// The name of a small chart, and how many accounts its lines are of, where they are cohorts.
function panelTitle(model, panel) {
  const title = element("h4", { title: panel }, label(panel));
  const at = model.at.get("cohort_accounts");
  if (at === undefined) return [title];
  const sizes = pointsOf(model, panel).map((point) => point.row[at] ?? 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const words = least === most ? `${most}` : `${least} to ${compact(most)}`;
  return [title, element("p", { class: "sizes" }, `of ${words} accounts`)];
}

// What the colours of cohorts mean.
function cohortKey(model, host, frame) {
  host.querySelector(":scope > .cohort-key")?.remove();
  if (!model.chart.outstanding) return;
  const kinds = [
    ["foundational", "foundational: month 5 well above the others'"],
    ["boomerang", "boomerang: rises again"],
    ["muted", "other cohorts"],
    ["dashed", `${text(model.chart.censored, "month")}: all seen in the stream's first month, no first use`],
  ];
  const list = kinds.map(([kind, words]) =>
    element("li", {}, element("i", { class: kind, "aria-hidden": "true" }), element("span", {}, words)),
  );
  frame.before(element("ul", { class: "cohort-key" }, ...list));
}

// Small charts share the titles of their axes.
function titles(model, host, frame, areShared) {
  for (const title of host.querySelectorAll(":scope > .axis-title")) title.remove();
  if (!areShared) return;
  frame.before(...axisTitle(model, "y"));
  frame.after(...axisTitle(model, "x"));
}

function axisTitle(model, axis) {
  const lying = model.isLying;
  const own = axis === "y" ? (lying ? null : model.chart.y_title) : lying ? model.chart.y_title : model.chart.x_title;
  const type = axis === "x" && !lying ? model.xType : "";
  if (!own || isTime(type)) return []; // dates explain themselves
  return [element("div", { class: `axis-title ${axis}`, "aria-hidden": "true" }, own)];
}

function nearest(box, event) {
  const { stops, shape } = box.state;
  if (!shape || stops.length === 0) return -1;
  const frame = shape.svg.getBoundingClientRect();
  const x = event.clientX - frame.left,
    y = event.clientY - frame.top;
  let best = -1,
    least = shape.by === "xy" ? 30 * 30 : Infinity;
  stops.forEach((stop, index) => {
    const far = (shape.by === "y" ? 0 : (stop.px - x) ** 2) + (shape.by === "x" ? 0 : (stop.py - y) ** 2);
    if (far < least) [best, least] = [index, far];
  });
  return best;
}

function leave(box) {
  const { cursor, hint } = box.state;
  if (cursor) cursor.hidden = hint.hidden = true;
  Object.assign(box.state, { at: -1, key: null });
}

function visit(box, at) {
  const { stops, shape, cursor, hint, model } = box.state;
  const stop = stops[at];
  if (!stop) return leave(box);
  Object.assign(box.state, { at, key: stop.key });
  const { layout } = shape;
  cursor.hidden = false;
  if (shape.by === "x") {
    cursor.style.left = `${stop.px}px`;
    cursor.style.top = `${layout.marginTop}px`;
    cursor.style.height = `${layout.height - layout.marginTop - layout.marginBottom}px`;
  } else if (shape.by === "xy") {
    cursor.style.left = `${stop.px}px`;
    cursor.style.top = `${stop.py}px`;
  } else {
    cursor.style.top = `${stop.py - 13}px`;
    cursor.style.height = "26px";
  }
  hint.replaceChildren(
    element("strong", {}, nameOf(stop.title)),
    stop.empty ? element("p", {}, stop.empty) : rowsOf(stop, model),
  );
  hint.hidden = false;
  place(hint, box, stop, shape);
}

// A share of a cohort is told with the size of the cohort.
function valueOf(line, model) {
  const at = model.at.get("cohort_accounts");
  const of = at === undefined || !line.point ? "" : ` of ${compact(line.point.row[at])}`;
  return (line.value ?? words(model, line.point)) + of;
}

function rowsOf(stop, model) {
  const list = element("dl", {});
  for (const line of stop.lines) {
    const mark = element("i", {});
    if (line.fill || line.index !== undefined) mark.style.background = line.fill ?? `var(--s${line.index})`;
    else mark.hidden = true;
    list.append(
      element("dt", {}, mark, nameOf(line.series || model.chart.y_title || "")),
      element("dd", {}, valueOf(line, model)),
    );
  }
  return list;
}

// Beside the place that is visited, inside the window.
function place(hint, box, stop, shape) {
  const frame = shape.svg.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const px = stop.px ?? shape.layout.marginLeft + 40;
  const { offsetWidth: width, offsetHeight: height } = hint;
  let left = px + 14;
  if (frame.left + left + width > room - 4) left = px - width - 14;
  if (frame.left + left < 4) left = Math.max(4 - frame.left, Math.min(px - width / 2, room - 4 - width - frame.left));
  const middle = stop.py ?? shape.layout.height / 2;
  let top = middle - height / 2;
  const above = frame.top + top;
  if (above < 4) top += 4 - above;
  if (frame.top + top + height > innerHeight - 4) top -= frame.top + top + height - innerHeight + 4;
  hint.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

function spoken(box, stop) {
  const { model } = box.state;
  const title = nameOf(stop.title);
  if (stop.empty) return `${title}: ${stop.empty}`;
  return `${title}: ${stop.lines
    .map((line) => `${line.series ? nameOf(line.series) + " " : ""}${valueOf(line, model)}`)
    .join(", ")}`;
}

// ---- In a sentence or two, from the data.

export function summary(model, panel, points) {
  const kind = model.isLying
    ? "Bar chart"
    : model.chart.stack && model.chart.kind === "bars"
      ? "Stacked bar chart"
      : (KINDS[model.chart.kind] ?? "Chart");
  const head = `${kind}: ${model.figure.title}${panel ? `, ${nameOf(panel)}` : ""}.`;
  const keys = " Arrow keys visit the values.";
  const known = points.filter((point) => point.y !== null && point.x !== null);
  if (known.length === 0) return `${head} No values.`;
  if (model.chart.kind === "points") return `${head} ${scatterWords(model, known)}${keys}`;
  if (model.isLying) {
    const top = [...known].sort((a, b) => b.y - a.y).slice(0, 3);
    return `${head} Greatest: ${top
      .map(
        (point) =>
          `${nameOf(String(point.x))}${
            point.series && point.series !== String(point.x) ? ", " + nameOf(point.series) : ""
          } ${words(model, point)}`,
      )
      .join("; ")}.${keys}`;
  }
  const sorted = [...known].sort((a, b) => rank(a.x) - rank(b.x));
  const first = sorted[0].x,
    last = sorted.at(-1).x;
  const at = (x) => sorted.filter((point) => rank(point.x) === rank(x)).sort((a, b) => b.y - a.y)[0];
  const tell = (x) => {
    const point = at(x);
    const who = point.series ? `${nameOf(point.series)} ` : "";
    return `${text(x, model.xType)}: ${who}${words(model, point)}`;
  };
  const most = model.series.length > 1 ? `${model.series.length} series; the greatest at each end: ` : "";
  return `${head} ${most}${tell(first)}${rank(first) === rank(last) ? "" : `; ${tell(last)}`}.${keys}`;
}

function scatterWords(model, points) {
  const top = [...points].sort((a, b) => b.y - a.y)[0];
  const far = [...points].filter((point) => isNumber(model.xType)).sort((a, b) => b.x - a.x)[0];
  const line = model.chart.line?.text ? ` ${model.chart.line.text}.` : "";
  return `${points.length} points; highest ${nameOf(top.label || top.series)} with ${words(model, top)}${
    far ? `; farthest right ${nameOf(far.label || far.series)} with ${text(far.x, model.xType)}` : ""
  }.${line}`;
}
