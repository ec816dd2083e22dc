// The table behind a figure: x by series where that is what the chart shows, else the rows as they are; and all of it,
// tidy, as CSV. Built when it is opened: forty-one tables are a hundred thousand cells.

import { element } from "./dom.js";
import { exact, named, text } from "./format.js";
import { isNumber, isTime, rank } from "./model.js";

const SUPPRESSED = "Fewer accounts than may be published: the value is withheld.";

function cell(point, value, type) {
  if (point?.suppressed && (value === null || value === undefined)) {
    return element(
      "td",
      { class: "number withheld" },
      element("abbr", { title: SUPPRESSED }, "▨", element("span", { class: "unseen" }, " withheld")),
    );
  }
  if (value === null || value === undefined)
    return element(
      "td",
      { class: "none" },
      element("span", { "aria-hidden": "true" }, "–"),
      element("span", { class: "unseen" }, "none"),
    );
  return element("td", { class: isNumber(type) ? "number" : "words" }, exact(value, type));
}

export function pivots(model) {
  const { chart } = model;
  if (!chart.series || model.series.length < 2 || chart.kind === "points" || chart.kind === "table" || model.isLying)
    return false;
  const seen = new Set();
  for (const point of model.points) {
    const key = `${rank(point.x)}|${point.series}|${point.panel}`;
    if (seen.has(key)) return false;
    seen.add(key);
  }
  return true;
}

export function makeTable(model) {
  const table = pivots(model) ? pivot(model) : flat(model);
  table.prepend(element("caption", {}, model.figure.title));
  const extra = [];
  if (model.suppressed > 0) extra.push(element("p", { class: "key" }, `▨ ${SUPPRESSED}`));
  return [
    element(
      "div",
      {
        class: "scroll",
        tabindex: "0",
        role: "region",
        "aria-label": `Table of ${model.figure.id}: ${model.figure.title}`,
      },
      table,
    ),
    ...extra,
    element(
      "p",
      { class: "key" },
      download(model),
      pivots(model) && model.figure.columns.length > 3 ? ` with ${listed(model)}` : "",
    ),
  ];
}

// What the CSV has beside what the table shows.
function listed(model) {
  const shown = [model.chart.x, model.chart.y, model.chart.series, model.chart.panel];
  return model.figure.columns
    .filter((column) => !shown.includes(column.name))
    .map((column) => column.title.toLowerCase())
    .join(", ");
}

function pivot(model) {
  const { chart } = model;
  const head = element(
    "tr",
    {},
    ...(chart.panel ? [element("th", { scope: "col" }, model.titleOf(chart.panel))] : []),
    element("th", { scope: "col" }, model.titleOf(chart.x)),
    ...model.series.map((series) => element("th", { scope: "col", class: "number" }, series)),
  );
  const bodies = model.panels.map((panel) => {
    const points = model.points.filter((point) => point.panel === panel);
    const xs = [...new Map(points.map((point) => [rank(point.x), point.x])).values()].sort((a, b) =>
      isTime(model.xType) || isNumber(model.xType) ? rank(a) - rank(b) : 0,
    );
    const at = new Map(points.map((point) => [`${rank(point.x)}|${point.series}`, point]));
    return element(
      "tbody",
      {},
      ...xs.map((x, index) =>
        element(
          "tr",
          {},
          ...(chart.panel && index === 0 ? [element("th", { scope: "rowgroup", rowspan: xs.length }, panel)] : []),
          element("th", { scope: "row" }, x === null ? "unknown" : text(x, model.xType)),
          ...model.series.map((series) => {
            const point = at.get(`${rank(x)}|${series}`);
            return cell(point, point?.y, model.yType);
          }),
        ),
      ),
    );
  });
  return element("table", {}, element("thead", {}, head), ...bodies);
}

function flat(model) {
  const { columns } = model.figure;
  const head = element(
    "tr",
    {},
    ...columns.map((column) =>
      element("th", { scope: "col", class: isNumber(column.type) ? "number" : null }, column.title),
    ),
  );
  const rows = model.points.map((point) =>
    element(
      "tr",
      {},
      ...columns.map((column, index) => {
        const value =
          column.type === "text" && point.row[index] !== null
            ? named(String(point.row[index]), column.name)
            : point.row[index];
        if (index > 0) return cell(point, value, column.type);
        return element("th", { scope: "row" }, value === null ? "unknown" : text(value, column.type));
      }),
    ),
  );
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

// A spreadsheet runs a text that begins like a formula: a quote in front keeps it a text.
function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return quoted(/^[=+\-@\t\r]/.test(value) ? `'${value}` : value);
  return String(value);
}

export function csv(figure) {
  const lines = [figure.columns.map((column) => quoted(column.name)), ...figure.rows.map((row) => row.map(field))];
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

function download(model) {
  const link = element("a", { href: "#", download: `${model.figure.id}.csv` }, `${model.figure.id}.csv`);
  // Made when it is asked for, and freed when the browser has it.
  link.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([csv(model.figure)], { type: "text/csv;charset=utf-8" }));
    link.href = url;
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  });
  return link;
}
