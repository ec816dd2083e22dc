// Figures made anew from the document's cubes, for other weeks, one source, one author: by the same rules as the
// document's own, which for everything come out the same (a test holds them to that). What a cube cannot tell, as
// intervals, is left empty. Pure.

const PLACES = ["Chinese OSS", "RoW OSS", "Closed", "Reasoning", "Non-reasoning", "small", "medium", "large"];
const PLACED = ["source", "size", "reasoning"];
const OSS = ["Chinese OSS", "RoW OSS"];

// The rows of a cube: {week, keys..., sums...}, read once.
const known = new WeakMap();
export function rowsOf(cube) {
  if (!known.has(cube)) {
    const step = cube.measures.length + 1;
    const rows = [];
    for (const [week, values] of cube.weeks)
      for (let at = 0; at < values.length; at += step) {
        const row = { week };
        cube.keys.forEach((key, index) => (row[key] = cube.members[values[at]][index]));
        cube.measures.forEach((measure, index) => (row[measure] = values[at + 1 + index]));
        rows.push(row);
      }
    known.set(cube, rows);
  }
  return known.get(cube);
}

const of = (sums, name) => sums[name] ?? 0;
// What a figure measures, of sums.
const QUANTITIES = {
  tokens: (sums) => of(sums, "tokens"),
  tokens_prompt: (sums) => of(sums, "tokens") - of(sums, "tokens_completion"),
  tokens_completion: (sums) => of(sums, "tokens_completion"),
  spend: (sums) => of(sums, "cost_nano_usd") / 1e9,
  requests: (sums) => of(sums, "requests"),
  models: (sums) => of(sums, "models"),
};
const measured = (sums) => of(sums, "requests") - of(sums, "tokens_unknown");

function add(groups, key, row) {
  const sums = groups.get(key) ?? {};
  for (const [name, value] of Object.entries(row))
    if (typeof value === "number") sums[name] = (sums[name] ?? 0) + value;
  groups.set(key, sums);
}

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const share = (part, whole) => (whole === 0 ? null : part / whole);

// Cells by the names of a figure's columns; what is not given is empty.
const cells = (figure, values) => figure.columns.map((column) => values[column.name] ?? null);

function chooseSeries(totals, { quantity, top, has_rest: hasRest }, series) {
  const value = (name) => QUANTITIES[quantity](totals.get(name) ?? {});
  const isPlaced = PLACED.includes(series);
  const place = (name) => (isPlaced && PLACES.includes(name) ? PLACES.indexOf(name) : isPlaced ? PLACES.length : 0);
  const ranked = [...totals.keys()]
    .filter((name) => name !== "unknown" && name !== "(other)" && value(name) > 0)
    .sort((a, b) => place(a) - place(b) || value(b) - value(a) || byText(a, b));
  const kept = top ? ranked.slice(0, top) : ranked;
  const hasUnknown = value("unknown") > 0 && (!top || hasRest);
  if (hasRest && totals.size > kept.length + (hasUnknown ? 1 : 0)) kept.push("other");
  if (!top && !hasRest && value("(other)") > 0) kept.push("(other)");
  return hasUnknown ? [...kept, "unknown"] : kept;
}

// Shares of sums, by week or over all of them.
function shares(figure, recipe, rows) {
  const isSummed = !["date", "month"].includes(figure.columns[0].type);
  const series = isSummed ? figure.columns[0].name : figure.chart.series;
  const totals = new Map();
  for (const row of rows) add(totals, row[series], row);
  const kept = chooseSeries(totals, recipe, series);
  const weeks = new Map();
  const wholes = new Map();
  for (const row of rows) {
    const week = isSummed ? "" : row.week;
    const name = kept.includes(row[series]) ? row[series] : recipe.has_rest ? "other" : null;
    if (name === null) continue;
    if (!weeks.has(week)) weeks.set(week, new Map());
    add(weeks.get(week), name, row);
    add(wholes, week, row);
  }
  const value = QUANTITIES[recipe.quantity];
  const made = [];
  for (const week of [...weeks.keys()].sort()) {
    const whole = wholes.get(week);
    if (value(whole) === 0) continue;
    for (const name of kept) {
      const part = weeks.get(week).get(name) ?? {};
      made.push(
        cells(figure, {
          week,
          [series]: name,
          tokens: QUANTITIES.tokens(part),
          token_share: share(QUANTITIES.tokens(part), QUANTITIES.tokens(whole)),
          requests: QUANTITIES.requests(part),
          request_share: share(QUANTITIES.requests(part), QUANTITIES.requests(whole)),
          [recipe.quantity]: value(part),
          [`total_${recipe.quantity}`]: value(whole),
          share: share(value(part), value(whole)),
        }),
      );
    }
  }
  return { rows: made, order: kept };
}

// How many models of each size had a request.
function counts(figure, recipe, rows) {
  const weeks = new Map();
  const sizes = new Map();
  for (const row of rows) {
    if (!of(row, "models")) continue;
    if (!weeks.has(row.week)) weeks.set(row.week, new Map());
    add(weeks.get(row.week), row.size, row);
    add(sizes, row.size, row);
  }
  const order = ["small", "medium", "large", "unknown"].filter((size) => sizes.has(size));
  const made = [...weeks].flatMap(([week, found]) => {
    const whole = [...found.values()].reduce((sum, one) => sum + one.models, 0);
    return order.map((size) => {
      const models = of(found.get(size) ?? {}, "models");
      return cells(figure, { week, size, models, total_models: whole, share: share(models, whole) });
    });
  });
  return { rows: made, order };
}

function byWeek(rows) {
  const weeks = new Map();
  for (const row of rows) add(weeks, row.week, row);
  return weeks;
}

function tools(figure, recipe, rows) {
  const kinds = [
    ["Tool calls", "tool_tokens"],
    ["Tools offered", "tools_offered_tokens"],
  ];
  const made = [...byWeek(rows)].flatMap(([week, sums]) =>
    sums.tokens > 0
      ? kinds.map(([kind, name]) =>
          cells(figure, {
            week,
            kind,
            tokens: of(sums, name),
            total_tokens: sums.tokens,
            share: share(of(sums, name), sums.tokens),
          }),
        )
      : [],
  );
  return { rows: made, order: made.length ? kinds.map(([kind]) => kind) : [] };
}

const meanOf = (recipe, sums) => ({
  requests: measured(sums),
  [recipe.quantity]: QUANTITIES[recipe.quantity](sums),
  mean: share(QUANTITIES[recipe.quantity](sums), measured(sums)),
});

function means(figure, recipe, rows) {
  const { series } = figure.chart;
  const totals = new Map();
  const weeks = new Map();
  for (const row of rows) {
    add(totals, series ? row[series] : "", row);
    if (!weeks.has(row.week)) weeks.set(row.week, new Map());
    add(weeks.get(row.week), series ? row[series] : "", row);
  }
  const value = (name) => QUANTITIES[recipe.quantity](totals.get(name));
  const order = [...totals.keys()].sort((a, b) => value(b) - value(a) || byText(a, b));
  const made = [...weeks].flatMap(([week, found]) =>
    order
      .filter((name) => found.has(name) && measured(found.get(name)) > 0)
      .map((name) => cells(figure, { week, [series ?? ""]: name, ...meanOf(recipe, found.get(name)) })),
  );
  return { rows: made, order: series ? order : [] };
}

function meansBesideAll(figure, recipe, rows, all) {
  const own = byWeek(rows);
  const made = [...byWeek(all)].flatMap(([week, sums]) =>
    [
      [recipe.category, own.get(week)],
      ["all requests", sums],
    ]
      .filter(([, found]) => own.size > 0 && found && measured(found) > 0)
      .map(([series, found]) => cells(figure, { week, series, ...meanOf(recipe, found) })),
  );
  return { rows: made, order: made.length ? [recipe.category, "all requests"] : [] };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// Price and usage, without what was paid by keys of one's own.
function map(figure, recipe, rows) {
  const { series } = figure.chart;
  const totals = new Map();
  for (const row of rows) add(totals, row[series], row);
  const points = [...totals]
    .map(([name, sums]) => {
      const tokens = of(sums, "tokens") - of(sums, "own_key_tokens");
      const cost = of(sums, "cost_nano_usd") - of(sums, "own_key_cost_nano_usd");
      const priced = of(sums, "requests") - of(sums, "cost_unknown");
      const price = tokens && priced ? (cost / (tokens * 1000)) * (measured(sums) / priced) : null;
      return { name, tokens, cost, price };
    })
    .filter(({ name, tokens, cost }) => name !== "(other)" && tokens > 0 && cost > 0)
    .sort((a, b) => b.tokens - a.tokens || byText(a.name, b.name));
  const made = points.map(({ name, tokens, cost, price }) =>
    cells(figure, {
      [series]: name,
      tokens,
      spend: cost / 1e9,
      usd_per_mtok: price,
      usage_log10: Math.log10(tokens / 1e6),
    }),
  );
  const medians = points.length && {
    x: median(points.map(({ price }) => price)),
    y: median(points.map(({ tokens }) => tokens)),
  };
  return { rows: made, order: points.map(({ name }) => name), medians };
}

// Tags of categories, those of the figure: their categories' tokens are another cube's.
function tags(figure, recipe, rows, all) {
  const at = figure.columns.findIndex((column) => column.name === "category");
  const categories = [...new Set(figure.rows.map((row) => row[at]))];
  const wholes = new Map();
  for (const row of all) add(wholes, row.category, row);
  const found = new Map(categories.map((category) => [category, new Map()]));
  const totals = new Map();
  for (const row of rows) {
    if (!found.has(row.category)) continue;
    add(found.get(row.category), row.tag, row);
    add(totals, row.tag, row);
  }
  const order = [...totals.keys()].sort((a, b) => totals.get(b).tokens - totals.get(a).tokens || byText(a, b));
  const made = categories.flatMap((category) => {
    const own = found.get(category);
    const whole = of(wholes.get(category) ?? {}, "tokens");
    const divided = [...own.values()].reduce((sum, one) => sum + of(one, "split_tokens"), 0);
    return order
      .filter((tag) => own.has(tag) && whole > 0)
      .map((tag) => {
        const { tokens, split_tokens: split = 0 } = own.get(tag);
        return cells(figure, {
          category,
          tag,
          tokens,
          category_tokens: whole,
          share: share(tokens, whole),
          split_tokens: split,
          split_share: share(split, divided),
        });
      });
  });
  return { rows: made, order };
}

const MAKERS = { shares, counts, tools, means, "means beside all": meansBesideAll, map, tags };

// The cube of a figure, if it can be made of one.
export const cubeOf = (figure, cubes) => {
  const recipe = figure.definition?.recipe;
  return recipe && MAKERS[recipe.maker] ? (cubes?.[recipe.cube] ?? null) : null;
};

const isOfSource = (row, source) => !source || (source === "OSS" ? OSS.includes(row.source) : row.source === source);

/*
 * {rows, order, medians} of a figure: of weeks from `from` to `to`, of `sources` and of `author`; each may be null.
 * `since` is the first week with classified requests, or null.
 */
export function remake(figure, cubes, { from = null, to = null, sources = null, author = null }, since = null) {
  const { recipe } = figure.definition;
  const isShown = (row) =>
    (!from || row.week >= from) &&
    (!to || row.week <= to) &&
    (!sources || sources.includes(row.source)) &&
    (!author || row.author === author);
  const { drawn } = cubes[recipe.cube];
  const isDrawn = (row) => figure.chart.series !== "category" || !drawn || drawn.includes(row.category);
  const isOwn = (row) =>
    isShown(row) &&
    isDrawn(row) &&
    isOfSource(row, recipe.source) &&
    (!recipe.author || row.author === recipe.author) &&
    (!recipe.category || row.category === recipe.category);
  const other = recipe.maker === "tags" ? cubes.category : recipe.maker === "means beside all" ? cubes.model : null;
  const all = other ? rowsOf(other).filter((row) => isShown(row) && (!since || row.week >= since)) : null;
  return MAKERS[recipe.maker](figure, recipe, rowsOf(cubes[recipe.cube]).filter(isOwn), all);
}
