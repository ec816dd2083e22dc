// The drawing itself, one function per shape, with Observable Plot. Each gives an SVG and its stops: the places that a
// pointer or the arrow keys may visit, with the words for each. What a shape needs it finds in the model; nothing here
// knows a figure by its name.

import * as Plot from "@observablehq/plot";
import { SHAPES } from "./colour.js";
import { alike, compact, day, label, month, percent, text, tick } from "./format.js";
import { isNumber, isTime, rank, stack, stepEnd, timeSteps } from "./model.js";

const FONT = "12px";
const LANE = 15; // height of one row of labels above a chart, in pixels

let ruler = null;
export function textWidth(words) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = `${FONT} ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(words).width;
}

function shorten(words, room) {
  if (textWidth(words) <= room) return words;
  let size = words.length;
  while (size > 3 && textWidth(words.slice(0, size) + "…") > room) size--;
  return words.slice(0, size) + "…";
}

function frame(options, marks) {
  const svg = Plot.plot({
    style: { fontSize: FONT, fontFamily: "inherit", background: "none", color: "var(--ink-soft)", overflow: "visible" },
    ...options,
    x: { label: null, ...options.x },
    y: { label: null, ...options.y },
    marks: marks.filter(Boolean),
  });
  svg.setAttribute("aria-hidden", "true"); // the figure itself speaks: its label, its live region and its table
  svg.setAttribute("focusable", "false");
  return svg;
}

const grid = (ticks, format) => [
  Plot.gridY({ ticks, stroke: "var(--grid)", strokeOpacity: 1 }),
  Plot.axisY({ ticks, tickFormat: format, tickSize: 0, fill: "var(--ink-soft)" }),
];

function timeAxis(width, xType, steps) {
  const spacing = width < 480 ? 62 : 82;
  return Plot.axisX({
    tickSpacing: spacing,
    ticks: steps.length === 1 ? steps : undefined, // one week is no stretch of days
    tickSize: 4,
    color: "var(--ink-soft)",
    tickFormat: (date, index) => {
      const isFirst = date.getUTCDate() === 1 || xType === "month";
      const label = isFirst ? month(date).slice(0, 3) : day(date).replace(/ \d{4}$/, "");
      return index === 0 || (date.getUTCMonth() === 0 && isFirst) ? `${label}\n${date.getUTCFullYear()}` : label;
    },
  });
}

// Labels of vertical rules above the chart. From right to left, each in the lowest lane where its words lie above all
// the lines that they reach over.
function lanes(rules, position, left, right) {
  const placed = rules
    .map((rule) => ({ ...rule, text: shorten(rule.text, Math.min(220, right - left - 20)), px: position(rule.at) }))
    .filter((rule) => rule.px >= left - 0.5 && rule.px <= right + 0.5)
    .sort((a, b) => b.px - a.px);
  placed.forEach((rule, index) => {
    const size = textWidth(rule.text) + 8;
    // Words that would leave the chart hang to the left of their line, or are moved until they fit.
    rule.isLeft = rule.px + size > right + 8 && rule.px - size >= left;
    rule.begin = rule.isLeft ? rule.px - size : Math.max(0, Math.min(rule.px, right + 8 - size));
    rule.end = rule.begin + size;
    rule.shift = rule.isLeft ? 0 : rule.begin - rule.px;
    const others = placed.slice(0, index).filter((other) => other.begin < rule.end && other.end > rule.begin);
    rule.lane = Math.max(-1, ...others.map((other) => other.lane)) + 1;
  });
  return { placed, count: Math.max(0, ...placed.map((rule) => rule.lane + 1)) };
}

const verticals = (model) => (model.chart.rules ?? []).filter((rule) => rule.axis === "x");
const levels = (model) => (model.chart.rules ?? []).filter((rule) => rule.axis === "y");

// Where an x rule lies, on the axis that xs and the plot's width define.
function ruleMarks(model, layout, at) {
  return [
    ...layout.lanes.placed.flatMap((rule) => [
      Plot.ruleX([at(rule.at)], { stroke: "var(--paper)", strokeOpacity: 0.55, strokeWidth: 3 }),
      Plot.ruleX([at(rule.at)], {
        stroke: "var(--ink)",
        strokeDasharray: "3,3",
        insetTop: -(rule.lane * LANE + 10),
        className: "rule",
      }),
      Plot.text([rule.text], {
        x: [at(rule.at)],
        frameAnchor: "top",
        text: [rule.text],
        dy: -6 - rule.lane * LANE,
        dx: rule.isLeft ? -4 : 4 + rule.shift,
        textAnchor: rule.isLeft ? "end" : "start",
        lineAnchor: "middle",
        fill: "var(--ink)",
        stroke: "var(--paper)",
        strokeWidth: 3,
        className: "rule-text",
      }),
    ]),
    ...levels(model).flatMap((rule) => [
      Plot.ruleY([rule.at], { stroke: "var(--paper)", strokeOpacity: 0.55, strokeWidth: 3 }),
      Plot.ruleY([rule.at], { stroke: "var(--ink)", strokeDasharray: "3,3", className: "rule" }),
      Plot.text([rule.text], {
        y: [rule.at],
        frameAnchor: layout.isRight ? "right" : "left",
        text: [shorten(rule.text, 220)],
        dx: layout.isRight ? -6 : 4,
        dy: -8,
        textAnchor: layout.isRight ? "end" : "start",
        fill: "var(--ink)",
        stroke: "var(--paper)",
        strokeWidth: 4,
        className: "rule-text",
      }),
    ]),
  ];
}

function timeLayout(model, width, height, room, steps) {
  const first = steps[0];
  const last = model.chart.kind === "lines" ? steps.at(-1) : null;
  const marginLeft = model.yMargin ?? 46;
  const marginRight = room.right;
  const end = last && last > first ? last : stepEnd(steps.at(-1), model.xType, steps);
  const left = marginLeft,
    right = width - marginRight;
  const at = (value) => new Date(value + (String(value).length === 7 ? "-01" : "") + "T00:00:00Z");
  const position = (value) => left + ((at(value) - first) / (end - first)) * (right - left);
  const placed = lanes(verticals(model), position, left, right);
  const marginTop = 10 + placed.count * LANE;
  return {
    marginLeft,
    marginRight,
    marginTop,
    marginBottom: 38,
    lanes: placed,
    isRight: true, // what is drawn over time begins at the left
    first,
    end,
    at,
    height: height + placed.count * LANE,
  };
}

const name = (model, value, type) => (type === "date" ? `Week of ${day(value)}` : text(value, type));

// What is said of one value.
export function words(model, point) {
  if (!point) return "–";
  if (point.suppressed || point.y === null) return point.suppressed ? "suppressed" : "no value";
  const value = text(point.y, model.yType);
  if (point.low === null || point.high === null || point.low === undefined || point.high === undefined) return value;
  return `${value} (${text(point.low, model.yType)} to ${text(point.high, model.yType)})`;
}

// Parts upon each other over time, as areas or as bars; areas where weeks have neighbours, bars where they have none.
export function timeStack(model, points, width, height, room) {
  const steps = timeSteps(points, model.xType);
  const rows = stack(model, points, steps);
  const isShare = model.chart.stack === "share";
  const areas = model.chart.kind === "area";
  const layout = timeLayout({ ...model, chart: { ...model.chart, kind: "bars" } }, width, height, room, steps);
  // An area is drawn between points, so it ends where the last one stands.
  if (areas && steps.length > 1) {
    layout.end = steps.at(-1);
    layout.lanes = lanes(
      verticals(model),
      (value) =>
        layout.marginLeft +
        ((layout.at(value) - layout.first) / (layout.end - layout.first)) *
          (width - layout.marginLeft - layout.marginRight),
      layout.marginLeft,
      width - layout.marginRight,
    );
    layout.marginTop = 10 + layout.lanes.count * LANE;
    layout.height = height + layout.lanes.count * LANE;
  }
  const hasNeighbour = (index) => rows[index - 1]?.parts || rows[index + 1]?.parts;
  const isAlone = rows.map((row, index) => !areas || !hasNeighbour(index));
  const marks = model.series.flatMap((series, index) => {
    const fill = `var(--s${index})`;
    const part = (row) => row.parts?.[index];
    const bars = rows.filter((row, at) => row.parts && part(row).y2 > part(row).y1 && isAlone[at]);
    const end = (side) => (row, at) => (isAlone[at] ? NaN : (part(row)?.[side] ?? NaN));
    return [
      isAlone.includes(false) &&
        Plot.areaY(rows, {
          x: "x",
          y1: end("y1"),
          y2: end("y2"),
          fill,
          stroke: "var(--paper)",
          strokeWidth: 0.6,
          strokeLinejoin: "round",
          className: `mark s${index}`,
        }),
      bars.length > 0 &&
        Plot.rect(bars, {
          x1: "x",
          x2: (row) => stepEnd(row.x, model.xType, steps),
          y1: (row) => part(row).y1,
          y2: (row) => part(row).y2,
          fill,
          stroke: "var(--paper)",
          strokeWidth: 0.6,
          insetLeft: width / steps.length > 8 ? 1 : 0.3,
          className: `mark s${index}`,
        }),
    ].filter(Boolean);
  });
  const top = isShare ? 1 : Math.max(...rows.map((row) => row.top ?? 0), 0) * 1.04 || 1;
  const format = (value) => tick(value, model.yType);
  const svg = frame(
    { width, ...pick(layout), x: { type: "utc", domain: [layout.first, layout.end] }, y: { domain: [0, top] } },
    [
      ...grid(isShare ? [0, 0.25, 0.5, 0.75, 1] : 5, format),
      ...marks,
      timeAxis(width, model.xType, steps),
      ...ruleMarks(model, layout, layout.at),
    ],
  );
  const scale = { x: svg.scale("x"), y: svg.scale("y") };
  const shift = areas && steps.length > 1 ? 0 : (stepEnd(steps[0], model.xType, steps) - steps[0]) / 2;
  const stops = rows.map((row) => ({
    key: rank(row.x),
    px: scale.x.apply(new Date(row.x.getTime() + shift)),
    title: name(model, row.x, model.xType),
    lines: row.cell
      ? model.series
          .map((series, index) => ({ index, series, point: row.cell.get(series) }))
          .filter((line) => line.point)
          .reverse()
      : [],
    empty: row.cell ? null : "no traffic",
  }));
  const lastRow = rows.findLast((row) => row.parts);
  const ends = new Map((lastRow?.parts ?? []).map((part) => [part.series, scale.y.apply((part.y1 + part.y2) / 2)]));
  return { svg, stops, ends, by: "x", layout };
}

const pick = ({ marginLeft, marginRight, marginTop, marginBottom, height }) => ({
  marginLeft,
  marginRight,
  marginTop,
  marginBottom,
  height,
});

// Lines over time or over a number, with bands where the document gives intervals.
export function lines(model, points, width, height, room, domains = {}) {
  const over = isTime(model.xType);
  const drawn = points.filter((point) => point.x !== null);
  const steps = over
    ? timeSteps(model.apart ? model.points : drawn, model.xType)
    : [...new Set(drawn.map((point) => point.x))].sort((a, b) => a - b);
  const layout = over
    ? timeLayout(model, width, height, room, steps)
    : {
        marginLeft: model.yMargin ?? 46,
        marginRight: room.right,
        marginTop: 10,
        marginBottom: 24,
        height,
        lanes: { placed: [], count: 0 },
        at: (value) => value,
      };
  const top = domains.top ?? highest(model, drawn);
  const isLog = Boolean(model.chart.y_log);
  const cells = new Map(drawn.map((point) => [`${rank(point.x)}|${point.series}`, point]));
  const rowsOf = (series) => steps.map((x) => ({ x, point: cells.get(`${rank(x)}|${series}`) }));
  const value = (point, key) =>
    point && point[key] !== null && point[key] !== undefined && !(isLog && point[key] <= 0) ? point[key] : NaN;
  const looks = looksOf(model, drawn);
  const own = model.apart ? [drawn[0]?.series] : model.series;
  const marks = (model.apart ? own : looks.order).flatMap((series) => {
    const index = model.series.indexOf(series);
    const rows = rowsOf(series);
    const look = looks.of(series);
    const stroke = look.stroke ?? `var(--s${index})`;
    const isDefined = (at) => rows[at] && !Number.isNaN(value(rows[at].point, "y"));
    const alone = rows.filter((row, at) => isDefined(at) && !isDefined(at - 1) && !isDefined(at + 1));
    const banded = rows.some((row) => !Number.isNaN(value(row.point, "low")));
    return [
      banded &&
        Plot.areaY(rows, {
          x: "x",
          y1: (row) => value(row.point, "low"),
          y2: (row) => value(row.point, "high"),
          fill: stroke,
          fillOpacity: 0.16,
          className: `band s${index}`,
        }),
      Plot.lineY(rows, {
        x: "x",
        y: (row) => value(row.point, "y"),
        stroke,
        strokeWidth: look.width ?? 2,
        strokeDasharray: look.dash,
        strokeLinejoin: "round",
        className: `mark s${index}`,
      }),
      alone.length > 0 &&
        Plot.dot(alone, { x: "x", y: (row) => value(row.point, "y"), fill: stroke, r: 3, className: `mark s${index}` }),
    ].filter(Boolean);
  });
  const xDomain = over ? [layout.first, layout.end] : (domains.x ?? wide(steps));
  const svg = frame(
    {
      width,
      ...pick(layout),
      x: over ? { type: "utc", domain: xDomain } : { type: model.chart.x_log ? "log" : "linear", domain: xDomain },
      y: isLog ? { type: "log" } : { domain: [0, top] },
    },
    [
      ...grid(room.isSmall ? 2 : 5, (number) => tick(number, model.yType)),
      ...(model.apart ? behind(model, own[0], steps) : []),
      ...marks,
      over
        ? timeAxis(width, model.xType, steps)
        : Plot.axisX({
            tickSpacing: room.isSmall ? 26 : 40,
            ticks: domains.xTicks,
            tickSize: 4,
            color: "var(--ink-soft)",
            tickFormat: (number) => tick(number, model.xType),
          }),
      ...(model.chart.panel || own.length > 3 ? [] : lineEnds(model, own, rowsOf, value, isLog ? 0 : top, height)),
      ...(model.chart.panel ? namedLines(model, drawn, looks, xDomain, width - layout.marginLeft) : []),
      ...ruleMarks(model, layout, layout.at),
    ],
  );
  const scale = { x: svg.scale("x"), y: svg.scale("y") };
  const stops = steps.map((x) => ({
    key: rank(x),
    px: scale.x.apply(x),
    title: over
      ? name(model, x, model.xType)
      : `${model.chart.x_title ?? model.titleOf(model.chart.x)}: ${text(x, model.xType)}`,
    lines: model.series
      .map((series, index) => ({ index, series, point: cells.get(`${rank(x)}|${series}`) }))
      .filter((line) => line.point)
      .sort((a, b) => (b.point.y ?? -1) - (a.point.y ?? -1)),
    empty: null,
  }));
  for (const stop of stops) if (stop.lines.length === 0) stop.empty = "no traffic";
  const ends = new Map();
  for (const series of model.series) {
    const last = rowsOf(series).findLast((row) => !Number.isNaN(value(row.point, "y")));
    if (last) ends.set(series, scale.y.apply(last.point.y));
  }
  return { svg, stops, ends, by: "x", layout };
}

// The lines of all others, in grey, with the same holes.
function behind(model, own, steps) {
  const cells = new Map(model.points.map((point) => [`${rank(point.x)}|${point.series}`, point]));
  return model.series
    .filter((series) => series !== own)
    .map((series) =>
      Plot.lineY(steps, {
        x: (x) => x,
        y: (x) => cells.get(`${rank(x)}|${series}`)?.y ?? NaN,
        stroke: "var(--muted)",
        strokeOpacity: 0.4,
        strokeWidth: 1,
        className: "behind",
      }),
    );
}

// First and last value of few lines, at their ends: above the line, below it where another ends just above.
function lineEnds(model, shown, rowsOf, value, top, height) {
  const taken = [];
  return shown.flatMap((series) => {
    const rows = rowsOf(series).filter((row) => !Number.isNaN(value(row.point, "y")));
    const ends = rows.length > 1 ? [rows[0], rows.at(-1)] : rows;
    return ends.map((row, index) => {
      const at = top > 0 ? (row.point.y / top) * height : null;
      const isNear = taken.some((other) => other.index === index && at !== null && Math.abs(other.at - at) < 16);
      taken.push({ index, at });
      return Plot.text([row], {
        x: [row.x],
        y: [row.point.y],
        text: [endText(row.point.y, model.yType)],
        dy: isNear ? 11 : -10,
        textAnchor: index === 0 && ends.length > 1 ? "start" : "end",
        fill: "var(--ink)",
        stroke: "var(--paper)",
        strokeWidth: 3,
        className: "end",
      });
    });
  });
}

const endText = (value, type) => (type === "share" ? percent(value) : compact(value, 2));

// How the lines of a chart look: in a panel of cohorts those that stand out have their colour, all others are grey,
// and what began before there was anything to see is dashed. Drawn in this order, what stands out last.
function looksOf(model, points) {
  const { outstanding, censored } = model.chart;
  if (!outstanding) return { order: model.series, of: () => ({}), outstanding: [] };
  const panel = points[0]?.panel;
  const own = new Map(outstanding.filter((one) => one.panel === panel).map((one) => [one.series, one.kind]));
  const rank = (series) => (own.has(series) ? 2 : series === censored ? 1 : 0);
  return {
    order: [...model.series].sort((a, b) => rank(a) - rank(b)),
    of: (series) =>
      own.has(series)
        ? { stroke: `var(--${COHORTS[own.get(series)]})`, width: 2.5, dash: series === censored ? "4,3" : undefined }
        : { stroke: "var(--muted)", width: 1.2, dash: series === censored ? "4,3" : undefined },
    outstanding: model.series.filter((series) => own.has(series)),
  };
}

export const COHORTS = { foundational_cohort: "foundational", boomerang: "boomerang" };

// In a small chart the lines that stand out are named at their ends, and where none does the first of all: the table
// has the others.
function namedLines(model, points, looks, domain, room) {
  const first = model.series.find((series) => points.some((point) => point.series === series && point.y !== null));
  const names = looks.outstanding.length ? looks.outstanding : model.chart.outstanding ? [] : [first];
  const taken = [];
  return names.flatMap((series) => {
    const last = points
      .filter((point) => point.series === series && point.y !== null)
      .sort((a, b) => rank(a.x) - rank(b.x))
      .at(-1);
    const words = series && text(series, model.typeOf(model.chart.series));
    if (!last || textWidth(words) > room) return [];
    const isFree = last.x <= 0.55 * Math.max(...domain);
    const isNear = taken.some((other) => Math.abs(other.x - last.x) < 4 && Math.abs(other.y - last.y) < 0.12);
    taken.push(last);
    if (isNear) return [];
    return [
      Plot.text([words], {
        x: [last.x],
        y: [last.y],
        dx: isFree ? 5 : 0,
        dy: isFree ? 0 : -9,
        textAnchor: isFree ? "start" : "end",
        fill: "var(--ink)",
        stroke: "var(--paper)",
        strokeWidth: 3,
        className: "label",
      }),
    ];
  });
}

const wide = (values) => (values.length > 1 ? [values[0], values.at(-1)] : [values[0] - 1, values[0] + 1]);

export function highest(model, points) {
  const top = Math.max(0, ...points.map((point) => Math.max(point.y ?? 0, point.high ?? 0)));
  if (top === 0) return 1;
  return model.yType === "share" ? Math.min(1, top * 1.06) : top * 1.06;
}

const LABELLED = 0.07; // of a bar: parts from here on have their words, as in the study

// What parts are called that have no room for it within their bar: in lines below it.
function wordsBelow(model, cells, room) {
  const result = new Map();
  for (const [key, list] of cells) {
    const whole = model.chart.stack === "share" ? 1 : list.reduce((sum, point) => sum + (point.y ?? 0), 0);
    const left = list.filter(
      (point) => point.y / whole >= LABELLED && textWidth(point.series) + 10 >= (point.y / whole) * room,
    );
    const lines = [];
    for (const point of left) {
      const words = `${point.series} ${text(point.y, model.yType)}`;
      const last = lines.at(-1);
      if (last !== undefined && textWidth(`${last}, ${words}`) < room) lines[lines.length - 1] = `${last}, ${words}`;
      else lines.push(words);
    }
    if (lines.length) result.set(key, lines);
  }
  return result;
}

// Lying bars: one row per text, whole or in parts.
export function lyingBars(model, points, width, room) {
  const names = [...new Set(points.map((point) => String(point.x)))];
  const cells = new Map(names.map((key) => [key, points.filter((point) => String(point.x) === key)]));
  const inParts = [...cells.values()].some((list) => list.length > 1);
  const longest = Math.max(...names.map((key) => textWidth(label(key))));
  // Names that would take the bars' room stand above them.
  const isAbove = longest + 12 > Math.max(width * 0.36, Math.min(260, width * 0.45));
  const marginLeft = isAbove ? 12 : Math.ceil(longest + 12);
  const most = Math.max(...points.map((point) => point.y ?? 0));
  const told = (point) =>
    point.suppressed || typeof point.y !== "number" || model.yType !== "integer"
      ? words(model, { ...point, low: null })
      : alike(point.y, most);
  const valueRoom = inParts ? 24 : Math.max(...points.map((point) => textWidth(told(point)))) + 14;
  const below = inParts ? wordsBelow(model, cells, width - marginLeft - 24) : new Map();
  const step = (inParts ? 34 : 26) + (isAbove ? 17 : 0);
  // Words below a bar take rows of their own.
  const rows = names.flatMap((key) => [
    key,
    ...Array.from({ length: below.has(key) ? Math.ceil((4 + 15 * below.get(key).length) / step) : 0 }, (_, index) =>
      [key, "below", index].join("\u0000"),
    ),
  ]);
  const layout = {
    marginLeft,
    marginRight: Math.ceil(valueRoom),
    marginTop: isAbove ? 10 : 4,
    marginBottom: 26,
    height: rows.length * step + 30 + (isAbove ? 6 : 0),
  };
  const parts = [...cells].flatMap(([key, list]) => {
    let end = 0;
    return list.map((point, index) => {
      if (list.length === 1 && point.y < 0) return { key, point, index, x1: point.y, x2: 0 };
      const begin = end;
      end += Math.max(0, point.y ?? 0);
      return { key, point, index, x1: begin, x2: end };
    });
  });
  const top =
    inParts && model.chart.stack === "share"
      ? 1
      : Math.max(...parts.map((part) => Math.max(part.x2, part.point.high ?? 0)), 0) ||
        (parts.some((part) => part.x1 < 0) ? 0 : 1);
  const least = Math.min(0, ...parts.map((part) => part.x1));
  const inner = width - marginLeft - layout.marginRight;
  const fill = (part) => room.fill(part.point, part.index);
  const isLog = Boolean(model.chart.y_log);
  const whiskers = inParts ? [] : parts.filter((part) => part.point.low !== null && part.point.high !== null);
  const fits = inParts
    ? parts.filter((part) => textWidth(part.point.series) + 10 < ((part.x2 - part.x1) / top) * inner)
    : [];
  const partName = (part) => {
    const long = `${part.point.series} ${text(part.point.y, model.yType)}`;
    return textWidth(long) + 10 < ((part.x2 - part.x1) / top) * inner ? long : part.point.series;
  };
  const xTicks = isLog ? undefined : Math.max(2, Math.min(6, Math.floor(inner / 90)));
  const svg = frame(
    {
      width,
      ...pick(layout),
      x: isLog ? { type: "log" } : { domain: [least, top] },
      y: {
        type: "band",
        axis: isAbove ? null : undefined,
        domain: rows,
        paddingInner: isAbove ? 0.55 : 0.3,
        paddingOuter: isAbove ? 0.4 : 0.15,
      },
    },
    [
      Plot.gridX({ ticks: xTicks, stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.axisX({
        ticks: xTicks,
        tickSize: 0,
        color: "var(--ink-soft)",
        tickFormat: (value) => tick(value, model.yType),
      }),
      isAbove
        ? Plot.text(names, {
            y: (key) => key,
            text: (key) => shorten(label(key), width - 8),
            frameAnchor: "left",
            textAnchor: "start",
            dx: -12,
            dy: -step * 0.225 - 8,
            fill: "var(--ink)",
          })
        : Plot.axisY(names, { tickSize: 0, fill: "var(--ink)", tickFormat: label }),
      Plot.barX(
        parts.filter((part) => part.x2 > part.x1),
        {
          x1: isLog ? undefined : "x1",
          x2: "x2",
          y: "key",
          fill: { value: fill, scale: null },
          stroke: "var(--paper)",
          strokeWidth: inParts ? 1 : 0,
          className: "mark",
        },
      ),
      ...[...below].flatMap(([key, list]) =>
        list.map((words, index) =>
          Plot.text([words], {
            x: [0],
            y: [key],
            text: [words],
            textAnchor: "start",
            dx: 2,
            dy: 12 + 9 + index * 15,
            fill: "var(--ink-soft)",
            className: "below",
          }),
        ),
      ),
      least < 0 && Plot.ruleX([0], { stroke: "var(--ink-soft)" }),
      whiskers.length > 0 &&
        Plot.link(whiskers, {
          x1: (part) => part.point.low,
          x2: (part) => part.point.high,
          y1: "key",
          y2: "key",
          stroke: "var(--ink)",
          strokeWidth: 1.5,
          className: "band",
        }),
      !inParts &&
        Plot.text(parts, {
          x: (part) => Math.max(part.x2, part.point.high ?? 0),
          y: "key",
          text: (part) => told(part.point),
          textAnchor: "start",
          dx: 5,
          fill: "var(--ink)",
          className: "value",
        }),
      fits.length > 0 &&
        Plot.text(fits, {
          x: "x1",
          y: "key",
          text: partName,
          textAnchor: "start",
          dx: 5,
          fill: "var(--ink)",
          className: "value",
        }),
    ],
  );
  const y = svg.scale("y");
  const stops = names.map((key) => ({
    key,
    py: y.apply(key) + y.bandwidth / 2,
    title: key,
    lines: cells.get(key).map((point, index) => ({
      series: inParts || model.series.length > 1 ? point.series : "",
      fill: room.fill(point, index),
      point,
    })),
    empty: null,
  }));
  return { svg, stops, ends: new Map(), by: "y", layout };
}

const powers = (low, high, count) => {
  const first = Math.floor(Math.log10(low)),
    last = Math.ceil(Math.log10(high));
  const every = Math.max(1, Math.ceil((last - first) / count));
  const ticks = [];
  for (let power = first; power <= last; power += every) ticks.push(10 ** power);
  if (last - first > 2) return ticks.filter((value) => value >= low && value <= high);
  return ticks.flatMap((value) => [value, 2 * value, 5 * value]).filter((value) => value >= low && value <= high);
};

function extent(points, key, isLog, extra, share = 0) {
  const values = [...points.map((point) => point[key]), ...extra].filter(
    (value) => typeof value === "number" && (!isLog || value > 0),
  );
  let low = Math.min(...values),
    high = Math.max(...values);
  if (!values.length) [low, high] = isLog ? [0.1, 10] : [0, 1];
  const more = (high / low) ** share; // room for words beyond the points
  if (isLog) return [low / 1.6 / more, high * 1.6 * more];
  const pad = (high - low || Math.abs(high) || 1) * 0.07;
  return [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
}

// So many points that not each can be told from its neighbours.
export const isCrowd = (points) => points.length > 60;

// A scatter. Labels are placed greedily, greatest first, only where they cover neither a label nor a point with one.
export function scatter(model, points, width, height, room) {
  const xLog = Boolean(model.chart.x_log),
    yLog = Boolean(model.chart.y_log);
  const drawn = points.filter(
    (point) =>
      isFinite(point.x) && point.x !== null && point.y !== null && (!xLog || point.x > 0) && (!yLog || point.y > 0),
  );
  const line = model.chart.line;
  const rules = model.chart.rules ?? [];
  const xDomain = extent(
    drawn,
    "x",
    xLog,
    rules.filter((rule) => rule.axis === "x").map((rule) => rule.at),
  );
  const yDomain = extent(
    drawn,
    "y",
    yLog,
    rules.filter((rule) => rule.axis === "y").map((rule) => rule.at),
    model.chart.quarters ? (width < 480 ? 0.08 : 0.05) : 0,
  );
  const marginLeft = model.yMargin ?? 52,
    marginRight = room.right;
  const project = (value, [low, high], log) =>
    log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  const left = marginLeft,
    right = width - marginRight;
  const position = (value) => left + project(value, xDomain, xLog) * (right - left);
  const placed = lanes(verticals(model), position, left, right);
  const layout = {
    marginLeft,
    marginRight,
    marginTop: 10 + placed.count * LANE,
    marginBottom: 26,
    height: height + placed.count * LANE,
    lanes: placed,
  };
  const radius = isCrowd(drawn) ? (width < 480 ? 2.3 : 3) : drawn.length > 20 ? 4 : 5.5;
  const format = (type) => (value) => tick(value, type);
  const xTicks = xLog ? powers(...xDomain, width < 480 ? 4 : 8) : undefined;
  const yTicks = yLog ? powers(...yDomain, 7) : 6;
  const plot = {
    width,
    ...pick(layout),
    x: { type: xLog ? "log" : "linear", domain: xDomain },
    y: { type: yLog ? "log" : "linear", domain: yDomain },
  };
  const px = (point) => position(point.x);
  const py = (point) =>
    layout.height -
    layout.marginBottom -
    project(point.y, yDomain, yLog) * (layout.height - layout.marginTop - layout.marginBottom);
  // Among many points there is no room for what is said of the line: it stands below the chart.
  const lineText = line && !isCrowd(drawn) && fitText(line, position(line.to[0]), py({ y: line.to[1] }), right);
  // What is said of a level stands at the end that lies on fewer points.
  const level = (rule, isRight) => {
    const size = 6 + textWidth(rule.text);
    const x1 = isRight ? right - size : left;
    return { x1, x2: x1 + size, y1: py({ y: rule.at }) - 16, y2: py({ y: rule.at }) + 1 };
  };
  const covered = (isRight) =>
    levels(model)
      .map((rule) => level(rule, isRight))
      .reduce((sum, box) => sum + drawn.filter((point) => isWithin(px(point), py(point), box)).length, 0);
  layout.isRight = covered(true) < covered(false);
  const obstacles = [
    ...(line ? lineBoxes(line, position, (y) => py({ y })) : []),
    ...(lineText ? [lineText.box] : []),
    ...levels(model).map((rule) => level(rule, layout.isRight)),
  ];
  const crossed = [
    ...placed.placed.map(({ px: at }) => ({ x1: at - 1, x2: at + 1, y1: layout.marginTop, y2: layout.height })),
    ...levels(model).map((rule) => ({ x1: left, x2: right, y1: py({ y: rule.at }) - 1, y2: py({ y: rule.at }) + 1 })),
  ];
  const quarters = quartersOf(model, {
    left,
    right,
    top: layout.marginTop,
    bottom: layout.height - layout.marginBottom,
    x: (value) => position(value),
    y: (value) => py({ y: value }),
  });
  obstacles.push(...quarters.map((quarter) => quarter.box));
  const labels = model.chart.label
    ? placeLabels(
        drawn,
        px,
        py,
        { left, right, top: layout.marginTop, bottom: layout.height - layout.marginBottom },
        radius,
        width < 480 ? 14 : 46,
        obstacles,
        crossed,
      )
    : [];
  const svg = frame(plot, [
    Plot.gridX({ ticks: xTicks, stroke: "var(--grid)", strokeOpacity: 1 }),
    ...grid(yTicks, format(model.yType)),
    Plot.axisX({ ticks: xTicks, tickSize: 4, color: "var(--ink-soft)", tickFormat: format(model.xType) }),
    line &&
      Plot.link([line], {
        x1: (l) => l.from[0],
        y1: (l) => l.from[1],
        x2: (l) => l.to[0],
        y2: (l) => l.to[1],
        stroke: "var(--ink)",
        strokeWidth: 1.5,
        strokeDasharray: "6,4",
        clip: true,
        className: "fit",
      }),
    lineText &&
      Plot.text([line.text], {
        x: [line.to[0]],
        y: [line.to[1]],
        dx: lineText.dx,
        dy: lineText.dy,
        textAnchor: "end",
        fill: "var(--ink)",
        stroke: "var(--paper)",
        strokeWidth: 4,
        className: "fit-text",
      }),
    ...model.series.flatMap((series, index) => {
      const own = drawn.filter((point) => point.series === series);
      const symbol = room.symbol(series);
      return [
        Plot.link(
          own.filter((point) => point.low !== null && point.high !== null),
          {
            x1: "x",
            x2: "x",
            y1: "low",
            y2: "high",
            stroke: `var(--s${index})`,
            strokeOpacity: 0.6,
            strokeWidth: 1.5,
            className: `band s${index}`,
          },
        ),
        Plot.dot(own, {
          x: "x",
          y: "y",
          r: radius,
          symbol,
          fill: `var(--s${index})`,
          fillOpacity: 0.82,
          stroke: "var(--paper)",
          strokeWidth: 0.7,
          className: `mark s${index}`,
        }),
      ];
    }),
    ...ruleMarks(model, layout, (value) => value),
    ...quarters.map((quarter) =>
      Plot.text([quarter.text], {
        frameAnchor: quarter.anchor,
        text: [quarter.text],
        dx: quarter.dx,
        dy: quarter.dy,
        textAnchor: quarter.dx > 0 ? "start" : "end",
        fill: "var(--ink-soft)",
        fontStyle: "italic",
        stroke: "var(--paper)",
        strokeWidth: 4,
        className: "quarter",
      }),
    ),
    ...labels.map((label) =>
      Plot.text([label.words], {
        x: [label.point.x],
        y: [label.point.y],
        dx: label.dx,
        dy: label.dy,
        textAnchor: "start",
        fill: "var(--ink)",
        stroke: "var(--paper)",
        strokeWidth: 3,
        className: "label",
      }),
    ),
  ]);
  const stops = drawn
    .map((point) => ({
      key: `${point.label}|${point.series}|${point.index}`,
      px: px(point),
      py: py(point),
      title: point.label || point.series || text(point.x, model.xType),
      empty: null,
      point,
      lines: [
        { series: model.chart.x_title ?? model.titleOf(model.chart.x), value: text(point.x, model.xType) },
        { series: model.chart.y_title ?? model.titleOf(model.chart.y), value: words(model, point) },
        ...(model.chart.series && point.series !== point.label
          ? [{ series: model.titleOf(model.chart.series), value: point.series }]
          : []),
      ],
    }))
    .sort((a, b) => a.px - b.px);
  return {
    svg,
    stops,
    ends: new Map(),
    by: "xy",
    layout,
    unfit: line && !lineText ? line.text : null,
    hidden: points.length - drawn.length,
  };
}

// The names of the quarters that two medians make, each in its outer corner, where there is room for it.
function quartersOf(model, area) {
  const { quarters, rules = [] } = model.chart;
  const x = rules.find((rule) => rule.axis === "x");
  const y = rules.find((rule) => rule.axis === "y");
  if (!quarters || !x || !y) return [];
  return quarters
    .map((text, index) => {
      const [isLeft, isTop] = [index % 2 === 0, index < 2];
      const size = textWidth(text) + 8;
      const from = isLeft ? area.left + 2 : area.right - size - 2;
      const middle = isTop ? area.top + 10 : area.bottom - 10;
      return {
        text,
        anchor: `${isTop ? "top" : "bottom"}-${isLeft ? "left" : "right"}`,
        dx: isLeft ? 6 : -6,
        dy: isTop ? 10 : -10,
        box: { x1: from, x2: from + size, y1: middle - 9, y2: middle + 9 },
        isRoom:
          size < (isLeft ? area.x(x.at) - area.left : area.right - area.x(x.at)) &&
          24 < (isTop ? area.y(y.at) - area.top : area.bottom - area.y(y.at)),
      };
    })
    .filter((quarter) => quarter.isRoom);
}

// What is said of the fitted line, above its right end; null where there is no room for it.
function fitText(line, px, py, right) {
  const size = textWidth(line.text ?? "");
  if (!size || size > px * 0.6) return null;
  const dx = Math.min(0, right - px) - 2,
    dy = 16;
  return { dx, dy, box: { x1: px + dx - size - 4, x2: px + dx + 4, y1: py + dy - 9, y2: py + dy + 9 } };
}

// The fitted line as a row of small boxes that labels keep clear of.
function lineBoxes(line, x, y) {
  const boxes = [];
  const [x1, y1, x2, y2] = [x(line.from[0]), y(line.from[1]), x(line.to[0]), y(line.to[1])];
  for (let part = 0; part <= 40; part++) {
    const cx = x1 + ((x2 - x1) * part) / 40,
      cy = y1 + ((y2 - y1) * part) / 40;
    boxes.push({ x1: cx - 6, x2: cx + 6, y1: cy - 2, y2: cy + 2 });
  }
  return boxes;
}

const isWithin = (x, y, box) => x > box.x1 && x < box.x2 && y > box.y1 && y < box.y2;

// Labels keep off obstacles, and off what they may cross where there is no other place. Of many points those have
// labels that are used most, and the dearest, so that what is named is what the figure is about.
function placeLabels(points, px, py, area, radius, most, obstacles, crossed) {
  const boxes = [...obstacles];
  const meets = (list, box) =>
    list.some((other) => box.x1 < other.x2 && box.x2 > other.x1 && box.y1 < other.y2 && box.y2 > other.y1);
  const dots = points.map((point) => ({ x: px(point), y: py(point) }));
  const placed = [];
  const all = points.length <= 24;
  const byUse = [...points].sort((a, b) => b.y - a.y);
  const dearest = all ? [] : [...points].sort((a, b) => b.x - a.x).slice(0, Math.ceil(most / 5));
  for (const point of new Set([...byUse.slice(0, all ? undefined : most), ...dearest, ...byUse.slice(0, 2 * most)])) {
    if (placed.length >= most && !all) break;
    if (!point.label) continue;
    const words = shorten(label(point.label), 150);
    const width = textWidth(words),
      x = px(point),
      y = py(point);
    const gap = radius + 3;
    const tries = [
      [gap, 0],
      [-gap - width, 0],
      [-width / 2, -gap - 6],
      [-width / 2, gap + 6],
      [gap, -gap - 3],
      [gap, gap + 3],
      [-gap - width, -gap - 3],
      [-gap - width, gap + 3],
    ];
    const boxAt = ([dx, dy]) => ({ x1: x + dx - 1, x2: x + dx + width + 1, y1: y + dy - 7, y2: y + dy + 7 });
    const isFree = (box) =>
      box.x1 >= area.left && box.x2 <= area.right && box.y1 >= area.top && box.y2 <= area.bottom && !meets(boxes, box);
    const covers = (box) => dots.some((dot) => isWithin(dot.x, dot.y, box) && (dot.x !== x || dot.y !== y));
    const places = tries.filter((one) => isFree(boxAt(one)));
    const clear = places.filter((one) => !meets(crossed, boxAt(one)));
    // Beside another point a label would be read as that one's.
    const isBeside = (one) => covers({ ...boxAt(one), x1: boxAt(one).x1 - 2 * gap, x2: boxAt(one).x2 + 2 * gap });
    for (const [dx, dy] of [...clear.filter((one) => !isBeside(one)), ...clear, ...places]) {
      const box = boxAt([dx, dy]);
      if (covers(box)) continue;
      boxes.push(box, { x1: x - radius, x2: x + radius, y1: y - radius, y2: y + radius });
      placed.push({ point, words, dx, dy });
      break;
    }
  }
  return placed;
}

export const shapeOf = (index) => SHAPES[index % SHAPES.length];
