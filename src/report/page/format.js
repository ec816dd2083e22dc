// How values read: one formatter per column type of the document, for axes (short), for tables and hints (exact
// enough).
// Everything is UTC and English, whatever the reader's machine is set to, since the page is published as it is.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

const STEPS = [
  [1e12, " T"],
  [1e9, " B"],
  [1e6, " M"],
  [1e3, " k"],
];

// 1234567 -> "1.23 M"; `digits` are significant.
export function compact(value, digits = 3) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  for (const [scale, unit] of STEPS) if (size >= scale * 0.99951) return significant(value / scale, digits) + unit;
  return significant(value, digits);
}

// Values that stand below each other, all in the unit of the largest and with as many digits behind the point.
export function alike(value, largest) {
  const [scale, unit] = STEPS.find(([size]) => Math.abs(largest) >= size * 0.99951) ?? [1, ""];
  return (value / scale).toFixed(scale === 1 ? 0 : largest / scale < 10 ? 2 : 1) + unit;
}

function significant(value, digits) {
  if (value === 0) return "0";
  const before = Math.max(1, Math.floor(Math.log10(Math.abs(value)) + 1e-9) + 1);
  const text = value.toFixed(
    Math.min(12, Math.max(0, value < 1 && value > -1 ? digits - 1 - exponent(value) : digits - before)),
  );
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const exponent = (value) => Math.floor(Math.log10(Math.abs(value)));

export function percent(value, digits = 1) {
  const share = value * 100;
  const least = 10 ** -digits;
  if (share !== 0 && Math.abs(share) < least / 2) return share < 0 ? `>-${least} %` : `<${least} %`;
  return share.toFixed(digits) + " %";
}

export function dollars(value) {
  if (value === 0) return "$0";
  const size = Math.abs(value);
  if (size >= 1e6) return "$" + compact(value);
  if (size >= 1000) return "$" + whole.format(value);
  if (size >= 100) return "$" + value.toFixed(0);
  if (size >= 1) return "$" + value.toFixed(2);
  return "$" + significant(value, 3);
}

export function dayOf(text) {
  return new Date(text + "T00:00:00Z");
}

export function day(date) {
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export function month(date) {
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export function moment(ms) {
  const date = new Date(ms);
  const two = (number) => String(number).padStart(2, "0");
  return `${day(date)}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
}

export const integer = (value) => whole.format(value);

// Names of models and authors for people, by their slugs, as the document has them.
let shown = new Map();
export function useNames(names) {
  shown = new Map(Object.entries(names ?? {}));
}

// What a series, a bar or a point is called: its name for people, else its slug without the author.
export const label = (text) => shown.get(text) ?? text.replace(/^[^/]+\//, "");
// The same, in full: no name is cut.
export const nameOf = (text) => shown.get(text) ?? text;

const regions = new Intl.DisplayNames("en", { type: "region", fallback: "code" });
const languages = new Intl.DisplayNames("en", { type: "language", fallback: "code" });

// Tags that are no words when their parts are set apart.
const TAGS = {
  c_cpp: "C, C++",
  java: "Java",
  stocks_bonds: "stocks, bonds",
  machine_learning_ai: "machine learning, AI",
  internet_telecom: "internet, telecom",
  credit_lending: "credit, lending",
  accounting_auditing: "accounting, auditing",
  acting_theater: "acting, theater",
  comics_animation: "comics, animation",
  law_government_other: "other law, government",
  advertising_marketing_other: "other advertising, marketing",
  seo: "SEO",
};

// Codes and keys as names, by the column they stand in.
export function named(value, column) {
  try {
    if (column === "country" && /^[A-Z]{2}$/.test(value)) return regions.of(value);
    if (column === "language" && /^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(value)) return languages.of(value);
  } catch {
    return value; // no code after all
  }
  if (column !== "tag" || !/^[a-z0-9_]+$/.test(value)) return value;
  return TAGS[value] ?? value.replace(/^(.*)_other$/, "other_$1").replaceAll("_", " ");
}

// A value of the document as a person reads it. Null is not here: who asks says what is missing.
export function text(value, type) {
  switch (type) {
    case "date":
      return day(value instanceof Date ? value : dayOf(value));
    case "month":
      return month(value instanceof Date ? value : dayOf(value + "-01"));
    case "share":
      return percent(value);
    case "integer":
      return Math.abs(value) >= 1e6 ? compact(value, 4) : integer(value);
    case "usd":
    case "usd_per_mtok":
      return dollars(value);
    case "real":
      return Math.abs(value) >= 1e4 ? compact(value, 4) : significant(value, 4);
    case "flag":
      return value ? "yes" : "no";
    default:
      return String(value);
  }
}

// The same for tables, to the digits in which such figures are published.
export function exact(value, type) {
  if (type === "share") return percent(value, 2);
  if (type === "integer") return integer(value);
  if (type === "usd_per_mtok" && Math.abs(value) >= 0.1) return "$" + value.toFixed(3);
  if (type === "real" && Math.abs(value) < 10) return value.toFixed(2);
  return text(value, type);
}

// The same for the ticks of an axis: no more digits than ticks need.
export function tick(value, type) {
  switch (type) {
    case "share":
      return `${Number((value * 100).toFixed(2))} %`;
    case "usd":
    case "usd_per_mtok":
      return "$" + (Math.abs(value) >= 1000 ? compact(value, 3) : Number(value.toPrecision(3)));
    default:
      return typeof value === "number" ? compact(value, 3) : String(value);
  }
}
