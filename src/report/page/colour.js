// One colour per meaning, the same in every figure: sources, categories, authors, sizes, continents and so on. The
// values are in page.css, once for light and once for dark; here are only their names. Told apart by all kinds of
// sight, and never the only sign: parts are separated by lines, labelled beside, and scatters have shapes too.

const plain = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "");

// prettier-ignore
const MEANINGS = {
  closed: "closed", proprietary: "closed", closedsource: "closed", closedrow: "closed",
  chineseoss: "cn", osscn: "cn", cnoss: "cn", cn: "cn", chinese: "cn",
  rowoss: "row", ossrow: "row", row: "row", restofworldoss: "row",
  oss: "row", open: "row", opensource: "row", openweights: "row",
  reasoning: "reasoning", nonreasoning: "muted",
  other: "muted", others: "muted", unknown: "muted", unclassified: "muted",
  small: "small", medium: "medium", large: "large",
  overall: "ink", all: "ink", allrequests: "ink",
  programming: "c1", roleplay: "c2", technology: "c3", science: "c4", translation: "c5", finance: "c6", academia: "c7",
  health: "c8", legal: "c9", marketing: "c10", trivia: "c11", marketingseo: "c12", seo: "c12",
  anthropic: "a1", google: "a2", openai: "a3", xai: "a4", qwen: "a5", deepseek: "a6", moonshotai: "a7", zai: "a8",
  mistralai: "a9", mistral: "a9", minimax: "a10", metallama: "a11", meta: "a11", tngtech: "a12",
  northamerica: "g1", asia: "g2", europe: "g3", southamerica: "g4", oceania: "g5", africa: "g6",
  toolcalls: "tool", toolsoffered: "offered",
  efficientgiants: "q1", premiumleaders: "q2", longtail: "q3", premiumspecialists: "q4",
};

export const SHAPES = ["circle", "triangle", "square", "diamond", "star", "wye", "cross"];

export function meaningOf(series) {
  return MEANINGS[plain(series)] ?? null;
}

export const authorOf = (series) => (series.includes("/") ? (MEANINGS[plain(series.split("/")[0])] ?? null) : null);

// A CSS colour per series of a model.
export function colours(model) {
  const { series, typeOf, chart } = model;
  if (typeOf(chart.series) === "month" || (series.length > 3 && series.every((name) => /^\d{4}-\d{2}$/.test(name))))
    return ramp(series);
  const result = new Map();
  const seen = new Map();
  let free = 0;
  for (const name of series) {
    const meaning = meaningOf(name);
    const author = meaning ? null : authorOf(name);
    if (meaning) result.set(name, `var(--${meaning})`);
    else if (author) {
      // The models of one author are shades of the author's colour.
      const count = seen.get(author) ?? 0;
      seen.set(author, count + 1);
      result.set(
        name,
        count === 0
          ? `var(--${author})`
          : `color-mix(in oklab, var(--${author}) ${
              [100, 68, 45, 30][Math.min(count, 3)]
            }%, var(--${count % 2 ? "paper" : "ink"}))`,
      );
    } else if (series.length === 1) result.set(name, "var(--accent)");
    else result.set(name, chart.kind === "points" ? "var(--muted)" : grey(free++));
  }
  return result;
}

// Whoever has no colour of their own is told apart by lightness, and does not take the colour of something else.
const grey = (index) => {
  const [part, other] = [
    [100, "paper"],
    [55, "ink"],
    [55, "paper"],
    [25, "ink"],
    [30, "paper"],
  ][index % 5];
  return `color-mix(in oklab, var(--muted) ${part}%, var(--${other}))`;
};

// Months, oldest first, along a scale that gets lighter all the way (after viridis).
function ramp(series) {
  const sorted = [...series].sort();
  const last = Math.max(1, sorted.length - 1);
  return new Map(
    sorted.map((name, index) => {
      const at = (3 * index) / last;
      const from = Math.min(2, Math.floor(at));
      return [
        name,
        `color-mix(in oklab, var(--ramp${from + 1}) ${Math.round((at - from) * 100)}%, var(--ramp${from}))`,
      ];
    }),
  );
}
