// What a figure shows, in one sentence made from its rows: its title on the page. One rule a kind of chart; each says
// only what can be read off the table, and nothing where there is too little to say. Pure.

import { compact, day, dayOf, dollars, label, month, named, percent } from "./format.js";

const LEAST = 0.02; // of a share: what counts as a change

const short = label;
// Slugs of models stay as they are.
const capital = (words) => (/^[a-z]+([ ,:]|$)/.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words);
const share = (value) => percent(value, value > 0 && value < 0.1 ? 1 : 0);
const times = (ratio) => `${ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0)} times`;

// The rows as objects: when, who, how much.
function read(figure) {
  const { chart } = figure;
  const at = new Map(figure.columns.map((column, index) => [column.name, index]));
  const typeOf = (name) => figure.columns[at.get(name)]?.type;
  const get = (row, name) => (name && at.has(name) ? row[at.get(name)] : null);
  const isTime = ["date", "month"].includes(typeOf(chart.x));
  return {
    chart,
    isTime,
    xType: typeOf(chart.x),
    yType: typeOf(chart.y),
    get,
    points: figure.rows
      .map((row) => ({ row, x: get(row, chart.x), y: get(row, chart.y), series: get(row, chart.series) ?? "" }))
      .filter((point) => point.x !== null && typeof point.y === "number"),
  };
}

const whenOf = (x, type) => month(dayOf(type === "month" ? `${x}-01` : x));
const isNamed = (name) => !/^\(?(others?\b|unknown)/i.test(String(name));

// Values by x of each series; open models are one where sources are told apart.
function lines(figure, data) {
  const result = new Map();
  const isSource = figure.chart.series === "source";
  for (const { x, y, series } of data.points) {
    const name = isSource && /OSS$/.test(series) ? "Open models" : series;
    if (!result.has(name)) result.set(name, new Map());
    result.get(name).set(x, (result.get(name).get(x) ?? 0) + y);
  }
  return result;
}

// "Open models: 24 % of tokens, after 34 % in August 2025."
function sharesOverTime(figure, data) {
  const all = lines(figure, data);
  const xs = [...new Set(data.points.map((point) => point.x))].sort();
  const last = xs.at(-1);
  const ranked = [...all]
    .filter(([name]) => isNamed(name))
    .sort((a, b) => (b[1].get(last) ?? 0) - (a[1].get(last) ?? 0));
  // Lines that are no parts of a whole: the figure is about the first.
  const first = figure.chart.stack ? null : ranked.find(([name]) => name === figure.chart.order?.[0]);
  const [name, values] = all.has("Open models") ? ["Open models", all.get("Open models")] : (first ?? ranked[0] ?? []);
  if (!name) return null;
  const now = values.get(last) ?? 0;
  const what = (figure.chart.y_title ?? "").replace(/^Share of /, "of ");
  const begin = `${capital(named(short(name), figure.chart.series))}: ${share(now)} ${what}`.trim();
  if (xs.length < 2) return begin;
  const [peak, top] = [...values].reduce((best, one) => (one[1] > best[1] ? one : best));
  const isOver = top - now >= LEAST && whenOf(peak, data.xType) !== whenOf(last, data.xType);
  if (isOver) return `${begin}, after ${share(top)} in ${whenOf(peak, data.xType)}`;
  const then = values.get(xs[0]) ?? 0;
  const since = whenOf(xs[0], data.xType);
  return Math.abs(now - then) >= LEAST ? `${begin}, from ${share(then)} in ${since}` : `${begin}, as in ${since}`;
}

// A sum with its unit: "27.9 M tokens", "$12.30".
function sumOf(figure, value) {
  const { type, title } = figure.columns.find((column) => column.name === figure.chart.y);
  return type === "usd" ? dollars(value) : `${compact(value, 3)} ${(title ?? "Tokens").toLowerCase()}`;
}

// "27.9 M tokens in the week of 24 Nov 2025, 3.1 times those of Nov 2024."
function volume(figure, data) {
  const sums = new Map();
  for (const { x, y } of data.points) sums.set(x, (sums.get(x) ?? 0) + y);
  const xs = [...sums.keys()].sort();
  const [first, last] = [sums.get(xs[0]), sums.get(xs.at(-1))];
  const when = data.xType === "month" ? whenOf(xs.at(-1), "month") : `the week of ${day(dayOf(xs.at(-1)))}`;
  const begin = `${sumOf(figure, last)} in ${when}`;
  if (xs.length < 2 || first === 0) return begin;
  return `${begin}, ${times(last / first)} those of ${whenOf(xs[0], data.xType)}`;
}

// "6.1 k tokens per request, 3.8 times those of Nov 2024"; of several lines the highest, and how far above the next.
function means(figure, data) {
  const all = lines(figure, data);
  const last = (values) => [...values].sort().at(-1);
  const unit = (figure.chart.y_title ?? "").toLowerCase();
  if (all.size === 1) {
    const values = [...[...all.values()][0]].sort();
    const [[from, first], [, now]] = [values[0], values.at(-1)];
    const begin = `${compact(now, 2)} ${unit}`;
    return values.length < 2 || first === 0
      ? begin
      : `${begin}, ${times(now / first)} those of ${whenOf(from, data.xType)}`;
  }
  const ranked = [...all].map(([name, values]) => [name, last(values)[1]]).sort((a, b) => b[1] - a[1]);
  const [[name, most], [next, less]] = ranked;
  return less > 0
    ? `${capital(name)}: ${compact(most, 2)} ${unit}, ${times(most / less)} ${next} (${compact(less, 2)})`
    : `${capital(name)}: ${compact(most, 2)} ${unit}`;
}

// "North America 47 %, Asia 29 %, Europe 21 %"; "deepseek: 14 M tokens, 2.5 times qwen".
function bars(figure, data) {
  const who = (point) => named(short(String(point.x)), figure.chart.x);
  const ranked = data.points
    .filter((point) => isNamed(short(String(point.x))) && point.y > 0)
    .sort((a, b) => b.y - a.y);
  if (!ranked.length || !["share", "integer", "usd"].includes(data.yType)) return null;
  if (data.yType === "share")
    return capital(
      ranked
        .slice(0, 3)
        .map((point) => `${who(point)} ${share(point.y)}`)
        .join(", "),
    );
  const begin = `${capital(who(ranked[0]))}: ${sumOf(figure, ranked[0].y)}`;
  return ranked.length > 1 ? `${begin}, ${times(ranked[0].y / ranked[1].y)} ${who(ranked[1])}` : begin;
}

// "Ask for code is 59 % of programming": the largest part of any bar.
function parts(figure, data) {
  const counts = new Map();
  for (const { x } of data.points) counts.set(x, (counts.get(x) ?? 0) + 1);
  const largest = data.points
    .filter((point) => isNamed(point.series) && counts.get(point.x) > 1) // a bar of one part says nothing
    .reduce((best, point) => (best && best.y >= point.y ? best : point), null);
  if (!largest) return null;
  const part = data.yType === "share" ? share(largest.y) : sumOf(figure, largest.y);
  return `${capital(named(largest.series, figure.chart.series))} is ${part} of ${largest.x}`;
}

// "A price 10 % lower goes with +1.3 % usage", where a line is fitted; else what is used most, and what is dearest.
function map(figure, data) {
  const fitted = figure.chart.line?.text?.match(/a price .*$/);
  if (fitted && data.points.length > 2) return capital(fitted[0]);
  const name = (point) => short(String(data.get(point.row, figure.chart.label) ?? point.series));
  const most = data.points.reduce((best, point) => (best && best.y >= point.y ? best : point), null);
  const dear = data.points.reduce((best, point) => (best && best.x >= point.x ? best : point), null);
  if (!most) return null;
  const price = (point) => dollars(point.x);
  const begin = `${capital(name(most))} is used most, at ${price(most)} for a million tokens`;
  return dear === most ? begin : `${begin}; ${name(dear)} is dearest, at ${price(dear)}`;
}

// "gpt-4o-mini, first used in Jul 2025: 42 % are back after 5 months": the cohort that stays best, of those that count.
function retention(figure, data) {
  const of = (point, column) => data.get(point.row, column);
  const largest = Math.max(...data.points.map((point) => of(point, "cohort_accounts") ?? 0));
  const oldest = data.points.map((point) => point.series).sort()[0];
  const age = Math.min(5, Math.max(...data.points.map((point) => point.x)));
  const best = data.points
    .filter((point) => point.x === age && age > 0 && (of(point, "cohort_accounts") ?? 0) >= largest / 20)
    .filter((point) => point.series !== oldest) // everybody seen when the stream began is no cohort
    .reduce((found, point) => (found && found.y >= point.y ? found : point), null);
  if (!best) return null;
  const months = age === 1 ? "a month" : `${age} months`;
  const who = `${short(of(best, "model"))}, first used in ${whenOf(best.series, "month")}`;
  return `${who}: ${share(best.y)} are back after ${months}`;
}

export function finding(figure) {
  const data = read(figure);
  const { chart, isTime, yType } = data;
  if (figure.missing || data.points.length === 0) return null;
  if (chart.panel) return chart.x === "age" ? retention(figure, data) : null;
  if (chart.kind === "points") return map(figure, data);
  if (isTime && yType === "share") return sharesOverTime(figure, data);
  if (isTime && chart.stack === "sum") return volume(figure, data);
  if (isTime && chart.kind === "lines") return means(figure, data);
  if (!["bar", "bars"].includes(chart.kind)) return null;
  const isInParts = new Set(data.points.map((point) => point.x)).size < data.points.length;
  return isInParts ? parts(figure, data) : bars(figure, data);
}
