// The table behind a figure: x by series where that is what the chart shows, else the rows as they are; and all of it,
// tidy, as CSV. Built when it is opened: forty-one tables are a hundred thousand cells.

import { writeFragment } from "./choice.js";
import { element } from "./dom.js";
import { exact, nameOf, named, text } from "./format.js";
import { isNumber, isTime, rank } from "./model.js";

const MODELS = "S36"; // where each model is a point, and a row

const SUPPRESSED = "Fewer accounts than may be published: the value is withheld.";

function cell(point, value, type, column) {
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
  if (type === "text") return valued(element("td", { class: "words" }, ...person(value, column)), value);
  return valued(element("td", { class: isNumber(type) ? "number" : "words" }, exact(value, type)), value);
}

// A name for people, and the slug for who searches; of an author a link to the map of their models.
function person(value, column) {
  const name = nameOf(value);
  const isAuthor = column === "author" && !/^(other|unknown|\(other\))$/.test(value);
  const words = isAuthor
    ? element("a", { href: writeFragment(MODELS, { author: value }), title: "The models of this author" }, name)
    : name;
  return name === value ? [words] : [words, element("span", { class: "slug" }, ` ${value}`)];
}

// What a cell is sorted by; one without a value comes last.
const values = new WeakMap();
function valued(cell, value) {
  values.set(cell, value instanceof Date ? value.getTime() : value);
  return cell;
}

function compare(left, right) {
  if (left === right) return 0;
  if (left === undefined || left === null) return 1;
  if (right === undefined || right === null) return -1;
  return typeof left === "number" ? right - left : String(left).localeCompare(String(right), "en");
}

// A press on a column's title orders the rows by it, numbers from the largest, texts from A; again the other way round.
function sortBy(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const isTurned = heads[column].dataset.turn === "1";
  const [body] = table.tBodies;
  const rows = [...body.rows].sort((a, b) => {
    const [left, right] = [a, b].map((row) => values.get(row.cells[column]));
    const isNone = [left, right].some((value) => value === undefined || value === null);
    return isTurned && !isNone ? compare(right, left) : compare(left, right);
  });
  body.append(...rows);
  for (const head of heads) head.removeAttribute("aria-sort");
  const isDown = (typeof values.get(rows[0]?.cells[column]) === "number") !== isTurned;
  heads[column].setAttribute("aria-sort", isDown ? "descending" : "ascending");
  heads.forEach((head, index) => (head.dataset.turn = index === column && !isTurned ? "1" : "0"));
}

const SEARCHED = 12; // rows that nobody reads one by one

// Tables whose rows stand for themselves can be sorted, and long ones searched.
function searchOf(model, table) {
  if (table.tBodies.length !== 1) return [];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = element("button", { type: "button", title: "Sort" }, head.textContent);
    button.addEventListener("click", () => sortBy(table, column));
    head.replaceChildren(button);
  });
  const [body] = table.tBodies;
  if (body.rows.length < SEARCHED) return [];
  const field = element("input", {
    type: "search",
    placeholder: "Search rows",
    "aria-label": `Search rows of ${model.figure.id}`,
  });
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  return [element("p", { class: "search" }, field)];
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
    ...searchOf(model, table),
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
    ...model.series.map((series) => element("th", { scope: "col", class: "number" }, nameOf(series))),
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
          ...(chart.panel && index === 0
            ? [element("th", { scope: "rowgroup", rowspan: xs.length }, nameOf(panel))]
            : []),
          valued(element("th", { scope: "row" }, x === null ? "unknown" : text(x, model.xType)), x),
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
        if (index > 0) return cell(point, value, column.type, column.name);
        const words = (known) => (column.type === "text" ? person(known, column.name) : [text(known, column.type)]);
        return valued(element("th", { scope: "row" }, ...(value === null ? ["unknown"] : words(value))), value);
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
