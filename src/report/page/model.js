// A figure of the document, made ready to be drawn: columns by name, values parsed, points sorted, gaps found.

import { dayOf, named } from "./format.js";

const DAY_MS = 86400000;

export const isTime = (type) => type === "date" || type === "month";
export const isNumber = (type) => ["integer", "real", "share", "usd", "usd_per_mtok"].includes(type);

export function parse(value, type) {
  if (value === null || value === undefined) return null;
  if (type === "date") return dayOf(value);
  if (type === "month") return dayOf(value + "-01");
  return value;
}

// The number two values of one axis are compared and looked up by.
export const rank = (value) => (value instanceof Date ? value.getTime() : value);

export function readFigure(figure) {
  const chart = { ...figure.chart };
  // Points that nothing but their label tells apart are each a series, so that they have the colours of what they are.
  if (chart.kind === "points" && !chart.series && chart.label && figure.rows.length <= 24) chart.series = chart.label;
  const at = new Map(figure.columns.map((column, index) => [column.name, index]));
  const typeOf = (name) => (at.has(name) ? figure.columns[at.get(name)].type : "text");
  const titleOf = (name) => (at.has(name) ? figure.columns[at.get(name)].title : name);
  const suppressedAt = figure.columns.findIndex((column) => column.type === "flag" && column.name === "suppressed");
  const get = (row, name) => (name && at.has(name) ? row[at.get(name)] : null);

  const nameOf = (value, column) => named(String(value ?? "unknown"), column);

  const points = figure.rows.map((row, index) => ({
    index,
    row,
    x: typeOf(chart.x) === "text" ? nameOf(get(row, chart.x), chart.x) : parse(get(row, chart.x), typeOf(chart.x)),
    y: get(row, chart.y),
    series: chart.series ? nameOf(get(row, chart.series), chart.series) : "",
    panel: chart.panel ? String(get(row, chart.panel) ?? "unknown") : "",
    low: get(row, chart.low),
    high: get(row, chart.high),
    label: chart.label ? String(get(row, chart.label) ?? "") : "",
    suppressed: suppressedAt >= 0 && Boolean(row[suppressedAt]),
  }));
  const model = {
    figure,
    chart,
    points,
    at,
    typeOf,
    titleOf,
    xType: typeOf(chart.x),
    yType: typeOf(chart.y),
    series: ordered(
      (chart.order ?? []).map((name) => named(String(name), chart.series)),
      points,
      "series",
    ),
    panels: ordered(null, points, "panel"),
    suppressed: points.filter((point) => point.suppressed).length,
  };
  model.apart = drawnApart(model);
  // A value that is as long as text belongs on the y axis of lying bars, whichever way the document names it.
  model.isLying = chart.kind === "bar" || (chart.kind === "bars" && !isTime(model.xType));
  if (model.isLying && model.yType === "text" && isNumber(model.xType)) swap(model);
  return model;
}

const TOGETHER = 8; // lines that the eye keeps apart in one chart

// Series whose lines are too many for one chart, from the highest at its end: each is drawn by itself, before the
// others in grey. Null where one chart does.
function drawnApart({ chart, points, series }) {
  if (chart.kind !== "lines" || chart.panel || series.length <= TOGETHER) return null;
  const ends = new Map();
  for (const point of points)
    if (point.y !== null && !(rank(ends.get(point.series)?.x) > rank(point.x))) ends.set(point.series, point);
  return [...series].sort((a, b) => (ends.get(b)?.y ?? -1) - (ends.get(a)?.y ?? -1));
}

function swap(model) {
  for (const point of model.points) [point.x, point.y] = [point.y, point.x];
  [model.xType, model.yType] = [model.yType, model.xType];
  model.chart = { ...model.chart, x: model.chart.y, y: model.chart.x };
}

// Distinct values: first those of the document's order, then as they come.
function ordered(order, points, key) {
  const present = new Set(points.map((point) => point[key]));
  const first = (order ?? []).map(String).filter((value) => present.has(value));
  return [...new Set([...first, ...present])];
}

// All values of a time axis, one step apart, so that a week without traffic is a hole and no slope.
export function timeSteps(points, type) {
  const times = [...new Set(points.map((point) => rank(point.x)).filter((time) => time !== null))].sort(
    (a, b) => a - b,
  );
  if (times.length < 2) return times.map((time) => new Date(time));
  const steps = [];
  if (type === "month") {
    const date = new Date(times[0]);
    for (; date.getTime() <= times.at(-1); date.setUTCMonth(date.getUTCMonth() + 1)) steps.push(new Date(date));
    return steps;
  }
  let gap = Infinity;
  for (let index = 1; index < times.length; index++) gap = Math.min(gap, times[index] - times[index - 1]);
  gap = gap >= 7 * DAY_MS ? 7 * DAY_MS : DAY_MS;
  for (let time = times[0]; time <= times.at(-1); time += gap) steps.push(new Date(time));
  return steps;
}

export function stepEnd(date, type, steps) {
  if (type === "month") {
    const next = new Date(date);
    next.setUTCMonth(next.getUTCMonth() + 1);
    return next;
  }
  const gap = steps.length > 1 ? steps[1] - steps[0] : 7 * DAY_MS;
  return new Date(date.getTime() + gap);
}

// For each x the parts one upon the other: [{x, parts: [{series, y1, y2, point}] | null if there is no traffic}].
export function stack(model, points, steps) {
  const cells = new Map();
  for (const point of points) {
    const key = rank(point.x);
    if (!cells.has(key)) cells.set(key, new Map());
    cells.get(key).set(point.series, point);
  }
  return steps.map((x) => {
    const cell = cells.get(rank(x));
    if (!cell || ![...cell.values()].some((point) => point.y > 0)) return { x, parts: null, cell };
    let top = 0;
    const parts = model.series.map((series) => {
      const point = cell.get(series);
      const bottom = top;
      top += point && point.y > 0 ? point.y : 0;
      return { x, series, y1: bottom, y2: top, point };
    });
    return { x, parts, cell, top };
  });
}
