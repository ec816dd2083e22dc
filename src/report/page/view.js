// A figure as a reader chose to see it, and what is to be said about that: which of the choices it follows, and which
// it cannot. Weeks are cut out of its rows where that is the same, made anew of sums where it is not. Pure.

import { isAny, isFiltered, SOURCES } from "./choice.js";
import { compact, day, dayOf, dollars, label, nameOf } from "./format.js";
import { cubeOf, remake, rowsOf } from "./remake.js";

const isTime = (type) => type === "date" || type === "month";
const at = (figure, name) => figure.columns.findIndex((column) => column.name === name);

// Authors by their tokens, largest first.
export function authorsOf(study) {
  const sums = new Map();
  if (study.cubes?.model)
    for (const { author, tokens } of rowsOf(study.cubes.model)) sums.set(author, (sums.get(author) ?? 0) + tokens);
  return [...sums.keys()].filter((name) => name !== "(other)").sort((a, b) => sums.get(b) - sums.get(a));
}

export function words(choice) {
  const list = [];
  const name = (text) => day(dayOf(text));
  if (choice.from && choice.to) list.push(`weeks that begin from ${name(choice.from)} to ${name(choice.to)}`);
  else if (choice.from) list.push(`weeks from ${name(choice.from)} on`);
  else if (choice.to) list.push(`weeks that begin up to ${name(choice.to)}`);
  if (choice.source) list.push(SOURCES.get(choice.source)[0].toLowerCase());
  if (choice.author) list.push(nameOf(choice.author));
  return list.join(", ");
}

// Rows of the figure itself for which all is true that is asked of one of its columns.
function cut(figure, tests) {
  const rows = figure.rows.filter((row) => tests.every(([index, isGood]) => isGood(row[index])));
  const { series } = figure.chart;
  const left = new Set(series ? rows.map((row) => String(row[at(figure, series)])) : []);
  const order = series ? figure.chart.order.filter((name) => left.has(String(name))) : figure.chart.order;
  return { ...figure, rows, chart: { ...figure.chart, order } };
}

const inRange = ({ from, to }, isMonth) => {
  const low = isMonth ? from?.slice(0, 7) : from;
  const high = isMonth ? to?.slice(0, 7) : to;
  return (value) => (!low || value >= low) && (!high || value <= high);
};

// Which columns of the figure tell what is asked: {name: [column, test]}.
function columnsFor(figure, choice) {
  const result = {};
  const time = figure.columns.findIndex((column) => isTime(column.type));
  if ((choice.from || choice.to) && time >= 0)
    result.range = [time, inRange(choice, figure.columns[time].type === "month")];
  if (choice.source && at(figure, "source") >= 0)
    result.source = [at(figure, "source"), (value) => SOURCES.get(choice.source)[1].includes(value)];
  if (choice.author && at(figure, "author") >= 0)
    result.author = [at(figure, "author"), (value) => value === choice.author];
  else if (choice.author && at(figure, "model") >= 0)
    result.author = [at(figure, "model"), (value) => String(value).startsWith(`${choice.author}/`)];
  return result;
}

const REASONS = {
  range: "is of the whole range",
  source: "does not tell sources apart",
  author: "does not tell authors apart",
};

// What the figure is about of itself, and so does not change.
function ownOf(figure, choice) {
  const recipe = figure.definition?.recipe ?? {};
  const own = [];
  if (choice.author && recipe.author && recipe.author !== choice.author) own.push("author");
  const sources = choice.source && SOURCES.get(choice.source)[1];
  if (sources && recipe.source && !sources.some((one) => recipe.source === "OSS" || one === recipe.source))
    own.push("source");
  if (sources && recipe.source === "OSS" && choice.source === "closed") own.push("source");
  return own;
}

// Of the choices of `choice`, those that a cube with `keys` can follow, and those that it cannot.
function followed(choice, keys) {
  const can = { from: choice.from, to: choice.to };
  const cannot = [];
  if (choice.source) keys.includes("source") ? (can.sources = SOURCES.get(choice.source)[1]) : cannot.push("source");
  if (choice.author) keys.includes("author") ? (can.author = choice.author) : cannot.push("author");
  return [can, cannot];
}

function made(figure, study, choice) {
  const cube = cubeOf(figure, study.cubes);
  const [can, cannot] = followed(choice, cube.keys);
  const since = study.header.coverage?.from ?? null;
  const { rows, order, medians } = remake(figure, study.cubes, can, since);
  const rules = figure.chart.rules.map((rule) =>
    medians && /^Median/.test(rule.text)
      ? {
          ...rule,
          at: medians[rule.axis],
          text: `Median ${rule.axis === "x" ? dollars(medians.x) : `${compact(medians.y)} tokens`}`,
        }
      : rule,
  );
  const chart = { ...figure.chart, low: null, high: null, order: order.length ? order : figure.chart.order, rules };
  return [{ ...figure, rows, chart }, cannot];
}

function filtered(figure, study, choice) {
  const own = ownOf(figure, choice);
  const asked = { ...choice };
  for (const name of own) delete asked[name];
  const columns = columnsFor(figure, asked);
  const isRangeAlone = !asked.source && !asked.author;
  const isCut = isRangeAlone && columns.range && !figure.definition?.recipe?.top;
  const cannot = own.map((name) => (name === "author" ? "is of one author" : "is of such models alone"));
  if (!isFiltered(asked)) return [figure, cannot];
  if (!isCut && cubeOf(figure, study.cubes)) {
    const [view, left] = made(figure, study, asked);
    return [view, [...cannot, ...left.map((name) => REASONS[name])]];
  }
  const names = [asked.from || asked.to ? "range" : null, asked.source && "source", asked.author && "author"];
  for (const name of names) if (name && !columns[name]) cannot.push(REASONS[name]);
  const tests = Object.values(columns);
  return [tests.length ? cut(figure, tests) : figure, cannot];
}

// What the models of an author are called on charts.
function modelsOf(study, author) {
  const names = new Set();
  for (const figure of study.figures) {
    const place = at(figure, "model");
    if (place < 0 || figure.chart.kind !== "points") continue;
    for (const row of figure.rows) {
      const slug = String(row[place]);
      if (slug.startsWith(`${author}/`)) names.add(label(slug)).add(`first ${label(slug)}`);
    }
  }
  return names;
}

// Dates that stand in no week that is shown are left out, and so are those of other authors' models.
function within(figure, study, choice) {
  const isDate = at(figure, figure.chart.x) >= 0 && isTime(figure.columns[at(figure, figure.chart.x)].type);
  if (!isDate) return figure;
  const isIn = inRange(choice, false);
  const names = choice.author ? modelsOf(study, choice.author) : null;
  const isShown = (rule) => isIn(rule.at) && (!names || names.has(rule.text));
  const rules = figure.chart.rules.filter((rule) => rule.axis !== "x" || isShown(rule));
  return { ...figure, chart: { ...figure.chart, rules } };
}

// Sums in place of shares, or shares in place of sums, where the figure has both.
function measuredAs(figure, as) {
  const { chart, columns } = figure;
  if (chart.panel || chart.kind === "points" || chart.kind === "table") return null;
  const y = columns[at(figure, chart.y)];
  const drawnAs = (name, stack, title) => ({
    ...figure,
    chart: { ...chart, y: name, stack: chart.stack && stack, low: null, high: null, y_title: title },
  });
  if (as === "share" && y?.type === "share") return figure;
  if (as === "share")
    return at(figure, "share") < 0 ? null : drawnAs("share", "share", `Share of ${y.title.toLowerCase()}`);
  if (y?.type !== "share") return y?.type === "real" ? null : figure;
  const whole = columns.findIndex((column) => /^(total_|category_tokens)/.test(column.name));
  const name = chart.y === "split_share" ? "split_tokens" : whole > 0 ? columns[whole - 1].name : "tokens";
  if (at(figure, name) < 0) return null;
  return drawnAs(name, "sum", columns[at(figure, name)].title);
}

/* The figure as it is chosen, and sentences about that: [] where everything is shown as it is. */
export function viewOf(figure, study, choice) {
  if (!isAny(choice)) return { figure, said: [] };
  const said = [];
  let view = figure;
  if (isFiltered(choice) && !figure.missing) {
    const [changed, cannot] = filtered(figure, study, choice);
    view = changed === figure ? figure : within(changed, study, choice);
    if (view !== figure) said.push(`Shown: ${words(choice)}.`);
    for (const reason of new Set(cannot)) said.push(`Not filtered so: this figure ${reason}.`);
    if (view !== figure && view.rows.length === 0)
      view = { ...view, missing: `There is nothing of this in what is chosen: ${words(choice)}.` };
    if (view !== figure && figure.chart.line) view = { ...view, chart: { ...view.chart, line: null } };
    if (view !== figure && figure.notes?.length) said.push("The notes below are of the figure as it was before.");
  }
  if (choice.as && !view.missing) {
    const changed = measuredAs(view, choice.as);
    if (changed === null) said.push(`There is no other measure to this figure than ${unit(view)}.`);
    else view = changed;
  }
  return { figure: view, said };
}

const unit = (figure) =>
  (figure.columns[at(figure, figure.chart.y)]?.title ?? figure.chart.y_title ?? "its own").toLowerCase();
