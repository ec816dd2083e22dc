// What the study publishes of a figure, beside what was counted: in the study's edition alone. Ours is of the whole
// document, whatever part of it is chosen.

import { element } from "./dom.js";
import { exact, integer, nameOf, named, percent } from "./format.js";

// [{column, who, published, ours}]; ours is null where the figure has no such row.
export function publishedOf(figure) {
  const at = (name) => figure.columns.findIndex((column) => column.name === name);
  const key = at(figure.chart.label ?? figure.chart.x);
  return (figure.published ?? []).map(([name, who, published]) => {
    const row = figure.rows.find((one) => one[key] === who);
    return { column: figure.columns[at(name)], who, published, ours: row?.[at(name)] ?? null };
  });
}

const offBy = ({ published, ours }) => (ours === null ? Infinity : Math.abs(ours - published) / Math.abs(published));

export function publishedTable(figure) {
  const list = publishedOf(figure);
  if (list.length === 0) return [];
  const worst = Math.max(...list.map(offBy));
  const lacking = list.filter(({ ours }) => ours === null).length;
  const most = worst < 0.001 ? "less than 0.1 %" : `at most ${percent(worst)}`;
  const far = worst === Infinity ? `${integer(lacking)} are not here` : `ours differ by ${most}`;
  const head = ["", "Value", "Published", "Ours", "Ours less published"];
  const heads = head.map((title, index) => element("th", { scope: "col", class: index > 1 ? "number" : null }, title));
  const number = (words) => element("td", { class: "number" }, words);
  const rows = list.map(({ column, who, published, ours }) => {
    const told = (value) => exact(value, column.type);
    const off = ours === null ? "–" : `${ours < published ? "−" : "+"}${percent(offBy({ published, ours }))}`;
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, nameOf(named(who, figure.chart.label ?? figure.chart.x))),
      element("td", { class: "words" }, column.title),
      number(told(published)),
      number(ours === null ? "–" : told(ours)),
      number(off),
    );
  });
  return [
    element("summary", {}, `Published by the study: ${integer(list.length)} values, ${far}`),
    element(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": `What the study publishes of ${figure.id}` },
      element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)),
    ),
  ];
}
