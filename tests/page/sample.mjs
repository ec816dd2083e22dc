// A document like the one `gentally report --format json` writes, of the published study's own series, so that the page
// can be looked at and tested without a stream: node sample.mjs [models] prints it. Seeded, the same every time.
// What the study does not publish is made up to look like it (and marked so in the figure's notes).

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

function series(file) {
  const [head, ...lines] = readFileSync(`${here}series/${file}.csv`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  return { names: head, rows: lines };
}

// SplitMix32 (after Steele, Lea, Flood 2014).
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 4294967296;
  };
}

const column = (name, title, type) => ({ name, title, type, about: `what ${title} is` });
// prettier-ignore
const RELEASES = [
  ["2024-12-06", "Llama 3.3 70B"], ["2024-12-26", "DeepSeek V3"], ["2025-01-20", "DeepSeek R1"],
  ["2025-07-11", "Kimi K2"], ["2025-07-23", "Qwen3 Coder"], ["2025-08-05", "GPT-OSS"],
].map(([at, text]) => ({ axis: "x", at, text }));

// prettier-ignore
const CHART = {
  kind: "lines", stack: null, x: "week", y: "share", series: null, panel: null, low: null, high: null, label: null,
  x_log: false, y_log: false, x_title: null, y_title: null, order: [], rules: [], line: null,
};

function figure(id, section, title, about, chart, columns, rows, more = {}) {
  const drawn = { ...CHART, ...chart };
  const definition = {
    measure: drawn.y_title,
    unit: "share, 0 to 1",
    rollup: "model",
    window: "week",
    revision: 12345,
  };
  return {
    id,
    section,
    title,
    about,
    definition: { ...definition, period: "all windows of the range" },
    chart: drawn,
    columns,
    rows,
    notes: [],
    missing: null,
    ...more,
  };
}

const WEEK = column("week", "Week", "date");
const SHARE = column("share", "Share", "share");
const TOKENS = column("tokens", "Tokens", "integer");

// Weekly shares of a wide table in per cent, as tidy rows with the sums they are made of.
function tidy(table, total, rename = (name) => name) {
  const rows = [];
  for (const [week, ...values] of table.rows) {
    const sum = values.reduce((all, value) => all + Number(value), 0);
    const whole = total(week);
    values.forEach((value, index) => {
      const tokens = Math.round((Number(value) / sum) * whole);
      rows.push([week, rename(table.names[index + 1]), tokens / whole, tokens]);
    });
  }
  return rows;
}

const base = series("base_weekly");
const totals = new Map(base.rows.map(([week, total]) => [week, Math.round(Number(total) * 1e12)]));
const sampled = (week) => Math.round((totals.get(week) ?? 1e12) * 0.0025);
const pickColumns = (table, names) => ({
  names: ["week", ...names],
  rows: table.rows.map((row) => [row[0], ...names.map((name) => row[table.names.indexOf(name)])]),
});

const SOURCES = { closed: "Closed", row_oss: "RoW OSS", cn_oss: "Chinese OSS" };
const CATEGORIES = [
  "programming",
  "roleplay",
  "technology",
  "science",
  "translation",
  "finance",
  "academia",
  "health",
  "legal",
  "marketing",
  "trivia",
];

function shares(id, section, title, about, table, options = {}) {
  const order = table.names.slice(1).map(options.rename ?? ((name) => name));
  return figure(
    id,
    section,
    title,
    about,
    {
      kind: options.kind ?? "bars",
      stack: "share",
      series: options.series ?? "category",
      order,
      y_title: options.y ?? "Share of classified tokens",
      x: options.x ?? "week",
      rules: options.rules ?? [],
    },
    [
      options.x === "month" ? column("month", "Month", "month") : WEEK,
      column(options.series ?? "category", options.seriesTitle ?? "Category", "text"),
      SHARE,
      column(options.sum ?? "tokens", options.sumTitle ?? "Tokens", "integer"),
    ],
    tidy(table, options.total ?? sampled, options.rename),
    options.more ?? {},
  );
}

// Category mixes that wander from `begin` to `end`.
function wander(weeks, begin, end, noise, random) {
  return {
    names: ["week", ...CATEGORIES],
    rows: weeks.map((week, index) => {
      const part = index / Math.max(1, weeks.length - 1);
      return [
        week,
        ...CATEGORIES.map(
          (_, at) => Math.max(0, begin[at] + (end[at] - begin[at]) * part) * (1 + noise * (random() - 0.5)),
        ),
      ];
    }),
  };
}

const AUTHORS = [
  ["S24", "Anthropic", [62, 5, 22, 4, 1, 1, 2, 1, 1, 1, 0], [60, 7, 22, 3, 1, 1, 2, 2, 1, 1, 0]],
  ["S25", "Google", [30, 14, 18, 13, 9, 4, 3, 2, 4, 2, 1], [18, 11, 20, 10, 20, 6, 4, 3, 5, 2, 1]],
  ["S26", "xAI", [82, 5, 6, 3, 1, 1, 1, 0.5, 0.5, 0.3, 0.2], [45, 18, 20, 5, 1, 2, 6, 1, 1, 0.7, 0.3]],
  ["S27", "OpenAI", [10, 7, 20, 52, 3, 3, 2, 1, 1, 1, 0], [29, 10, 29, 14, 4, 4, 3, 2, 3, 1, 1]],
  ["S28", "DeepSeek", [4, 78, 5, 5, 2, 2, 1, 1, 1, 0.5, 0.5], [9, 78, 4, 3, 1.5, 1.5, 0.5, 0.5, 1, 0.5, 0.5]],
  ["S29", "Qwen", [50, 11, 13, 14, 3, 3, 2, 1, 2, 0.7, 0.3], [55, 10, 12, 12, 3, 3, 2, 1, 2, 0.7, 0.3]],
];

function catalog(count, random) {
  const lines = readFileSync(`${here}../../schemas/catalog.csv`, "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("#"));
  const names = lines[0].split(",");
  const models = lines
    .slice(1)
    .map((line) => Object.fromEntries(line.split(",").map((value, index) => [names[index], value])));
  const listed = new Map(
    series("s38_segments").rows.map(([, model, price, usage]) => [model, [Number(price), Number(usage)]]),
  );
  const famous = [
    ["google/gemini-2.5-flash", 0.4, 6.75],
    ["google/gemini-2.5-pro", 2, 6.5],
    ["openai/o1", 27, 3.8],
    ["x-ai/grok-code-fast-1", 0.102, 6.6],
  ];
  const result = [
    ...[...listed].map(([slug, [price, usage]]) => ({ slug, price, usage })),
    ...famous.map(([slug, price, usage]) => ({ slug, price, usage })),
  ];
  for (const model of models) {
    if (result.length >= count) break;
    const price = Number(model.prompt_usd_per_mtok) * 0.8 + Number(model.completion_usd_per_mtok) * 0.15;
    if (!(price > 0) || result.some((one) => one.slug === model.slug)) continue;
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    result.push({
      slug: model.slug,
      price: price * (0.7 + 0.5 * random()),
      usage: Math.min(6.6, 3.7 - 0.27 * Math.log10(price) + 0.95 * normal),
    });
  }
  for (const one of result) {
    const known = models.find((model) => model.slug === one.slug);
    one.author = one.slug.split("/")[0];
    one.source =
      !known || known.open_weights !== "1"
        ? "Closed"
        : ["CN", "HK", "TW"].includes(known.country)
          ? "Chinese OSS"
          : "RoW OSS";
    if (/^(qwen|deepseek)\//.test(one.slug)) one.source = "Chinese OSS";
    if (/^(ibm|ibm-granite)\//.test(one.slug)) one.source = "RoW OSS";
    one.tokens = Math.round(10 ** one.usage * 1e6);
    one.cost = Math.round((one.tokens / 1e6) * one.price * 1e9);
  }
  return result;
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

function fit(points) {
  const xs = points.map((point) => Math.log10(point.price)),
    ys = points.map((point) => Math.log10(point.tokens));
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  const mx = mean(xs),
    my = mean(ys);
  const slope =
    xs.reduce((sum, x, index) => sum + (x - mx) * (ys[index] - my), 0) / xs.reduce((sum, x) => sum + (x - mx) ** 2, 0);
  const low = Math.min(...xs),
    high = Math.max(...xs);
  const at = (x) => 10 ** (my + slope * (x - mx));
  const rise = (0.9 ** slope - 1) * 100;
  return {
    from: [10 ** low, at(low)],
    to: [10 ** high, at(high)],
    text: `Slope ${slope.toFixed(2)}: a price 10 % lower goes with ${rise.toFixed(1)} % more usage`,
  };
}

function growth(id, title, about, begin, end, name, title2) {
  const rows = base.rows.map(([week, total], index) => {
    const requests = Math.round(Number(total) * 1e8);
    const mean = begin * (end / begin) ** (index / 56) * (1 + 0.04 * Math.sin(index * 1.7));
    return [week, mean, Math.round(mean * requests), requests, mean * 0.988, mean * 1.012];
  });
  return figure(
    id,
    "Agentic inference",
    title,
    about,
    { kind: "lines", y: "mean", low: "low", high: "high", y_title: "Tokens per request" },
    [
      WEEK,
      column("mean", "Mean", "real"),
      column(name, title2, "integer"),
      column("requests", "Requests", "integer"),
      column("low", "Low", "real"),
      column("high", "High", "real"),
    ],
    rows,
  );
}

function openClosed() {
  const list = [];
  const split = pickColumns(base, ["closed", "row_oss", "cn_oss"]);
  const total = (week) => totals.get(week);
  const source = { series: "source", seriesTitle: "Source", rename: (name) => SOURCES[name] };
  list.push(
    shares(
      "S01",
      "Open vs closed",
      "Token share by source type and origin",
      "Weekly share of all tokens by who can run the model: " +
        "closed, open weights from China, open weights from elsewhere.",
      split,
      {
        ...source,
        kind: "area",
        total,
        y: "Share of tokens",
        rules: [...RELEASES, { axis: "y", at: 0.3, text: "30 %" }],
      },
    ),
  );
  const sums = shares(
    "S02",
    "Open vs closed",
    "Weekly token volume by model type",
    "Tokens a week, prompt and completion, by source.",
    split,
    { ...source, total, rules: RELEASES.slice(2, 6) },
  );
  sums.chart = { ...sums.chart, stack: "sum", y: "tokens", y_title: "Tokens per week" };
  list.push(sums);
  const authors = series("s03_oss_authors");
  list.push(
    figure(
      "S03",
      "Open vs closed",
      "Total tokens by open-weight model author",
      "All tokens of the range by the author of the model, open weights only, all variants.",
      { kind: "bar", x: "author", y: "tokens", series: "origin", order: ["Chinese OSS", "RoW OSS"], y_title: "Tokens" },
      [column("author", "Author", "text"), column("origin", "Origin", "text"), TOKENS, SHARE],
      authors.rows.map(([author, trillion, origin, share]) => [
        author,
        origin === "cn" ? "Chinese OSS" : "RoW OSS",
        Math.round(Number(trillion) * 1e12),
        Number(share) / 100,
      ]),
    ),
  );
  const slug = (name) =>
    ({
      "deepseek-v3": "deepseek/deepseek-chat-v3",
      "deepseek-r1": "deepseek/deepseek-r1",
      "deepseek-v3.1": "deepseek/deepseek-chat-v3.1",
      "r1t2-chimera": "tngtech/deepseek-r1t2-chimera",
      "glm-4.5-air": "z-ai/glm-4.5-air",
      "minimax-m2": "minimax/minimax-m2",
      "kimi-k2": "moonshotai/kimi-k2",
      "mistral-nemo": "mistralai/mistral-nemo",
      "qwen3-coder-480b": "qwen/qwen3-coder",
      "qwen3-235b-a22b-2507": "qwen/qwen3-235b-a22b-2507",
      "llama-3.3-70b": "meta-llama/llama-3.3-70b-instruct",
      "llama-4-maverick": "meta-llama/llama-4-maverick",
      "qwen3-30b-a3b": "qwen/qwen3-30b-a3b",
      "gpt-oss-120b": "openai/gpt-oss-120b",
      "gpt-oss-20b": "openai/gpt-oss-20b",
    })[name];
  list.push(
    shares(
      "S04",
      "Open vs closed",
      "Top 15 open-weight models over time",
      "Weekly share among the fifteen open-weight models with the most tokens of the range.",
      series("s04_top15_weekly"),
      {
        series: "model",
        seriesTitle: "Model",
        rename: slug,
        total,
        y: "Share of the fifteen",
        rules: [{ axis: "x", at: "2025-07-11", text: "Summer inflection" }],
      },
    ),
  );
  const sizes = {
    names: ["week", "large", "medium", "small"],
    rows: base.rows.map(([week], index) => [week, 25 + index * 0.6, 3 + index * 0.25, 72 - index * 0.85]),
  };
  list.push(
    shares(
      "S05",
      "Open vs closed",
      "Open-weight model size and usage",
      "Weekly share of open-weight tokens by the model's size: small under 15 B parameters, medium under 70 B, large.",
      sizes,
      { kind: "area", series: "size", seriesTitle: "Size", total, y: "Share of open-weight tokens" },
    ),
  );
  list.push(
    shares(
      "S06",
      "Open vs closed",
      "Number of open-weight models by size",
      "Open-weight models with traffic in the week, by size.",
      series("s06_size_count_weekly"),
      {
        kind: "area",
        series: "size",
        seriesTitle: "Size",
        total: () => 168,
        sum: "models",
        sumTitle: "Models",
        y: "Share of models",
      },
    ),
  );
  list.push(
    shares(
      "S07",
      "Open vs closed",
      "Category trends of open-weight models",
      "Weekly share of classified tokens on open-weight models, by category.",
      series("s07_oss_categories_weekly"),
    ),
  );
  return list;
}

function openClosedCategories(weeks, random) {
  const chinese = wander(
    weeks,
    [10, 48, 8, 14, 2, 5, 3, 3, 3, 2, 2],
    [27, 33, 12, 10, 4, 4, 3, 2, 3, 1, 1],
    0.3,
    random,
  );
  const split = (a, b) => ({
    names: ["week", "closed", "row_oss", "cn_oss"],
    rows: weeks.map((week, index) => {
      const part = index / (weeks.length - 1);
      const cn = a[2] + (b[2] - a[2]) * part + 8 * Math.exp(-(((index - 11) / 4) ** 2)),
        row = a[1] + (b[1] - a[1]) * part;
      return [week, 100 - cn - row, row, cn];
    }),
  });
  const source = { series: "source", seriesTitle: "Source", rename: (name) => SOURCES[name], kind: "area" };
  return [
    shares(
      "S08",
      "Open vs closed",
      "Category trends of Chinese open-weight models",
      "Weekly share of classified tokens on Chinese open-weight models, by category.",
      chinese,
    ),
    shares(
      "S09",
      "Open vs closed",
      "Programming by model source",
      "Weekly share of classified programming tokens, by source.",
      split([95, 2, 3], [90, 5, 5]),
      source,
    ),
    shares(
      "S10",
      "Open vs closed",
      "Roleplay by model source",
      "Weekly share of classified roleplay tokens, by source.",
      split([70, 22, 8], [42, 43, 15]),
      source,
    ),
  ];
}

function agentic(weeks) {
  const total = (week) => totals.get(week);
  const reasoning = {
    names: ["week", "Reasoning", "Non-reasoning"],
    rows: base.rows.map((row) => [row[0], Number(row[5]), 100 - Number(row[5])]),
  };
  const list = [
    shares(
      "S11",
      "Agentic inference",
      "Reasoning and non-reasoning models",
      "Weekly share of all tokens that went to models which reason before they answer.",
      reasoning,
      {
        kind: "area",
        series: "kind",
        seriesTitle: "Kind",
        total,
        y: "Share of tokens",
        rules: [{ axis: "y", at: 0.5, text: "Half" }],
      },
    ),
  ];
  const top = [
    ["x-ai/grok-code-fast-1", 29],
    ["google/gemini-2.5-pro", 18],
    ["google/gemini-2.5-flash", 15.5],
    ["x-ai/grok-4-fast", 11],
    ["openai/gpt-oss-120b", 7],
    ["deepseek/deepseek-r1", 5.5],
    ["qwen/qwen3-235b-a22b", 5],
    ["openai/gpt-5", 4.4],
    ["minimax/minimax-m2", 2.6],
    ["z-ai/glm-4.6", 2],
  ];
  list.push(
    figure(
      "S12",
      "Agentic inference",
      "Top reasoning models",
      "Share of the tokens on reasoning models in the last week, requests that were free left out.",
      { kind: "bar", x: "model", y: "share", y_title: "Share of tokens on reasoning models" },
      [column("model", "Model", "text"), SHARE, TOKENS],
      top.map(([model, share]) => [model, share / 100, share * 4.2e10]),
    ),
  );
  list.push(
    figure(
      "S13",
      "Agentic inference",
      "Tool invocations",
      "Weekly share of all tokens in requests that ended with a tool call.",
      { kind: "lines", series: "kind", order: ["Tool calls", "Tools offered"], y_title: "Share of tokens" },
      [WEEK, column("kind", "Kind", "text"), SHARE, TOKENS],
      base.rows.flatMap(([week], index) => {
        const called = 0.15 * (index / 56) ** 1.6 + (week === "2025-05-12" || week === "2025-05-19" ? 0.055 : 0);
        const rows = [[week, "Tool calls", called, Math.round(called * total(week))]];
        if (week >= "2025-09-01")
          rows.push([week, "Tools offered", called * 1.9, Math.round(called * 1.9 * total(week))]);
        return rows;
      }),
    ),
  );
  const author = (name) =>
    (/claude/.test(name)
      ? "anthropic/"
      : /gpt/.test(name)
        ? "openai/"
        : /gemini/.test(name)
          ? "google/"
          : /grok/.test(name)
            ? "x-ai/"
            : "z-ai/") + name;
  list.push(
    shares(
      "S14",
      "Agentic inference",
      "Top ten models by tool calls",
      "Monthly share among the ten models with the most tokens in requests that ended with a tool call.",
      series("s14_tool_models_monthly"),
      { x: "month", series: "model", seriesTitle: "Model", rename: author, total: () => 4.1e11, y: "Share of the ten" },
    ),
  );
  list.push(
    growth("S15", "Prompt tokens", "Mean prompt tokens of a request.", 1900, 6100, "tokens_prompt", "Prompt tokens"),
    growth(
      "S16",
      "Completion tokens",
      "Mean completion tokens of a request, those of reasoning among them.",
      170,
      405,
      "tokens_completion",
      "Completion tokens",
    ),
  );
  const prompt = series("s17_prompt_tokens_weekly");
  const flat = {
    science: 4000,
    finance: 3100,
    health: 3000,
    legal: 3600,
    marketing: 3200,
    academia: 2800,
    translation: 1000,
    trivia: 1300,
  };
  const random = chance(17);
  list.push(
    figure(
      "S17",
      "Agentic inference",
      "Prompt tokens by category",
      "Mean prompt tokens of classified requests, by category.",
      {
        kind: "lines",
        y: "mean",
        series: "category",
        low: "low",
        high: "high",
        order: CATEGORIES,
        y_title: "Prompt tokens per request",
      },
      [
        WEEK,
        column("category", "Category", "text"),
        column("mean", "Mean", "real"),
        column("requests", "Requests", "integer"),
        column("low", "Low", "real"),
        column("high", "High", "real"),
      ],
      prompt.rows.flatMap(([week, ...values]) =>
        [
          ...values.map((value, index) => [prompt.names[index + 1], Number(value)]),
          ...Object.entries(flat).map(([name, value]) => [name, value * (0.85 + 0.3 * random())]),
        ].map(([name, mean]) => [week, name, mean, 4000, mean * 0.94, mean * 1.06]),
      ),
    ),
  );
  list.push(
    growth(
      "S18",
      "Average sequence length",
      "Mean prompt and completion tokens of a request.",
      2000,
      5500,
      "tokens",
      "Tokens",
    ),
  );
  list.push(
    figure(
      "S19",
      "Agentic inference",
      "Sequence length of programming and overall",
      "Mean tokens of a request that was classified as programming, and of all requests.",
      {
        kind: "lines",
        y: "mean",
        series: "kind",
        order: ["Programming", "Overall"],
        low: "low",
        high: "high",
        y_title: "Tokens per request",
      },
      [
        WEEK,
        column("kind", "Kind", "text"),
        column("mean", "Mean", "real"),
        column("low", "Low", "real"),
        column("high", "High", "real"),
      ],
      base.rows.flatMap(([week], index) => {
        const all = 2000 * (5500 / 2000) ** (index / 56);
        return [
          ...(weeks.includes(week)
            ? [[week, "Programming", all * 3.4 * (1 + 0.12 * Math.sin(index)), all * 3.1, all * 3.8]]
            : []),
          [week, "Overall", all, all, all],
        ];
      }),
    ),
  );
  return list;
}

function categories(random) {
  const list = [];
  const dominant = shares(
    "S20",
    "Categories",
    "Dominant categories over time",
    "Weekly share of classified tokens, by category.",
    series("s20_categories_weekly"),
  );
  dominant.columns.push(
    column("n_effective", "Effective n", "real"),
    column("low", "Low", "share"),
    column("high", "High", "share"),
  );
  dominant.rows = dominant.rows.map((row) => [...row, 4200, Math.max(0, row[2] - 0.013), row[2] + 0.013]);
  Object.assign(dominant.chart, { low: "low", high: "high" });
  list.push(dominant);
  list.push(
    shares(
      "S21",
      "Categories",
      "Programming by model author",
      "Weekly share of what was paid for programming, by the author of the model.",
      series("s21_programming_spend_weekly"),
      {
        series: "author",
        seriesTitle: "Author",
        sum: "cost_nano_usd",
        sumTitle: "Paid (10⁻⁹ USD)",
        y: "Share of spend on programming",
      },
    ),
  );
  const tags = series("tag_shares");
  const of = (names) =>
    tags.rows
      .filter(([category]) => names.includes(category))
      .map(([category, tag, share]) => [category, tag, Number(share) / 100, Math.round(Number(share) * 1e9)]);
  const composed = (id, names, title) =>
    figure(
      id,
      "Categories",
      title,
      "Of each category's classified tokens, the share of each tag.",
      { kind: "bars", stack: "share", x: "category", series: "tag", y_title: "Share of the category's tokens" },
      [column("category", "Category", "text"), column("tag", "Tag", "text"), SHARE, TOKENS],
      of(names),
    );
  list.push(
    composed(
      "S22",
      ["roleplay", "programming", "translation", "science", "technology", "health"],
      "Top six categories by tag",
    ),
    composed(
      "S23",
      ["finance", "academia", "legal", "trivia", "marketing", "marketing/seo"],
      "Next six categories by tag",
    ),
  );
  const weeks = series("s07_oss_categories_weekly").rows.map(([week]) => week);
  for (const [id, author, begin, end] of AUTHORS)
    list.push(
      shares(
        id,
        "Categories",
        `Category mix of ${author}`,
        `Weekly share of the classified tokens on models of ${author}, by category.`,
        wander(weeks, begin, end, 0.35, random),
      ),
    );
  return list;
}

function geography() {
  const regions = ["North America", "Asia", "Europe", "South America", "Oceania", "Africa"];
  const spend = {
    names: ["week", ...regions],
    rows: base.rows.map(([week], index) => {
      const asia = 13 + 18 / (1 + Math.exp(-(index - 28) / 6)),
        europe = 19 + 2 * Math.sin(index / 9);
      return [week, 100 - asia - europe - 5, asia, europe, 2, 1.8, 1.2];
    }),
  };
  const bars = (id, file, title, about, first) =>
    figure(
      id,
      "Geography and language",
      title,
      about,
      { kind: "bar", x: first.name, y: "share", y_title: "Share of tokens" },
      [first, SHARE, TOKENS],
      series(file).rows.map((row) => [row[0], Number(row.at(-1)) / 100, Math.round(Number(row.at(-1)) * 1.42e12)]),
    );
  return [
    shares(
      "S30",
      "Geography and language",
      "Spend by world region",
      "Weekly share of what was paid, by the continent of the account's billing country.",
      spend,
      {
        kind: "area",
        series: "continent",
        seriesTitle: "Continent",
        sum: "cost_nano_usd",
        sumTitle: "Paid (10⁻⁹ USD)",
        total: (week) => totals.get(week),
        y: "Share of spend",
      },
    ),
    bars(
      "S31",
      "s31_continents",
      "Continents",
      "Share of all tokens by the continent of the billing country.",
      column("continent", "Continent", "text"),
    ),
    bars(
      "S32",
      "s32_countries",
      "Top ten countries",
      "Share of all tokens by billing country.",
      column("country", "Country", "text"),
    ),
    bars(
      "S33",
      "s33_languages",
      "Languages",
      "Share of all tokens by the language of the prompt.",
      column("language", "Language", "text"),
    ),
  ];
}

function retention(random) {
  const panels = [
    "anthropic/claude-sonnet-4",
    "google/gemini-2.5-pro",
    "google/gemini-2.5-flash",
    "openai/gpt-4o-mini",
    "meta-llama/llama-4-maverick",
    "google/gemini-2.0-flash",
    "deepseek/deepseek-r1",
    "deepseek/deepseek-chat-v3",
  ];
  const begin = [6, 6, 6, 0, 5, 3, 1, 4];
  const months = Array.from({ length: 13 }, (_, index) =>
    new Date(Date.UTC(2024, 10 + index, 1)).toISOString().slice(0, 7),
  );
  const rows = [];
  panels.forEach((model, panel) => {
    for (let cohort = begin[panel]; cohort < months.length; cohort++)
      for (let age = 0; cohort + age < months.length; age++) {
        const isFirst = cohort === begin[panel] && panel < 4 && panel !== 2;
        const floor = isFirst ? 0.36 : 0.06 + 0.08 * (panel < 3 ? 1 : 0);
        const bump = panel >= 6 && cohort === begin[panel] + 2 && age >= 2 && age <= 4 ? 0.06 : 0;
        const share = age === 0 ? 1 : floor + (1 - floor) * 0.33 * age ** -0.9 + bump + 0.01 * random();
        const size = 400 - cohort * 9;
        rows.push([model, months[cohort], age, Math.round(share * size) / size, Math.round(share * size), size]);
      }
  });
  return [
    figure(
      "S34",
      "Retention",
      "Cohort retention",
      "Of the accounts that first used a model in a month, the share that used it again so many months later.",
      {
        kind: "lines",
        x: "age",
        y: "share",
        series: "cohort",
        panel: "model",
        order: months,
        censored: months[0],
        outstanding: [
          { panel: panels[0], series: months[6], kind: "foundational_cohort" },
          { panel: panels[1], series: months[6], kind: "foundational_cohort" },
          { panel: panels[6], series: months[3], kind: "boomerang" },
        ],
        x_title: "Months since first use",
        y_title: "Accounts still active",
      },
      [
        column("model", "Model", "text"),
        column("cohort", "Cohort", "month"),
        column("age", "Months since first use", "integer"),
        column("share", "Retention", "share"),
        column("accounts", "Accounts", "integer"),
        column("cohort_accounts", "Accounts of the cohort", "integer"),
      ],
      rows,
    ),
  ];
}

function cost(models) {
  const usage = {
    technology: [2.9, 11.4],
    science: [1.2, 11.35],
    roleplay: [0.45, 11.9],
    programming: [0.71, 12.3],
    finance: [1.05, 10.5],
    academia: [0.9, 10.4],
    health: [0.95, 10.25],
    marketing: [0.85, 10.0],
    translation: [0.3, 10.6],
    legal: [0.5, 10.3],
    trivia: [0.25, 9.7],
  };
  const byCategory = Object.entries(usage).map(([category, [price, log]]) => [
    category,
    price,
    Math.round(10 ** log),
    Math.round(10 ** (log - 6) * price * 1e9),
  ]);
  const PRICE = column("price", "Price", "usd_per_mtok");
  const middle = median(byCategory.map((row) => row[1]));
  const list = [
    figure(
      "S35",
      "Cost",
      "Price and usage by category",
      "What was paid for a million tokens of a category, and how many were used; keys of one's own left out.",
      {
        kind: "points",
        x: "price",
        y: "tokens",
        series: "category",
        label: "category",
        x_log: true,
        y_log: true,
        order: CATEGORIES,
        x_title: "USD per million tokens (log)",
        y_title: "Tokens (log)",
        rules: [{ axis: "x", at: middle, text: `Median $${middle.toFixed(2)}` }],
      },
      [column("category", "Category", "text"), PRICE, TOKENS, column("cost_nano_usd", "Paid (10⁻⁹ USD)", "integer")],
      byCategory,
    ),
  ];
  const price = median(models.map((model) => model.price)),
    tokens = median(models.map((model) => model.tokens));
  const quadrants = [
    { axis: "x", at: price, text: `Median $${price.toFixed(2)}` },
    { axis: "y", at: tokens, text: "Median usage" },
  ];
  const quarters = ["Efficient giants", "Premium leaders", "Long tail", "Premium specialists"];
  const scatter = (id, title, about, name, title2, line) =>
    figure(
      id,
      "Cost",
      title,
      about,
      {
        kind: "points",
        x: "price",
        y: "tokens",
        series: name,
        label: "model",
        x_log: true,
        y_log: true,
        order: name === "source" ? ["Closed", "RoW OSS", "Chinese OSS"] : [],
        x_title: "USD per million tokens (log)",
        y_title: "Tokens (log)",
        rules: quadrants,
        quarters,
        line,
      },
      [
        column("model", "Model", "text"),
        column(name, title2, "text"),
        PRICE,
        TOKENS,
        column("cost_nano_usd", "Paid (10⁻⁹ USD)", "integer"),
      ],
      models.map((model) => [model.slug, model[name], model.price, model.tokens, model.cost]),
    );
  list.push(
    scatter(
      "S36",
      "Open and closed models, price and usage",
      "What was paid for a million tokens of a model, and how many were used; " +
        "the dashed line is the least-squares fit of the logarithms.",
      "source",
      "Source",
      fit(models),
    ),
  );
  list.push(
    scatter("S37", "Market map by author", "The same points by the author of the model.", "author", "Author", null),
  );
  const rows = series("s38_segments").rows.map(([segment, model, dollars, log]) => [
    model,
    segment,
    Math.round(10 ** Number(log) * 1e6),
    Number(dollars),
    Number(log),
  ]);
  list.push(
    figure(
      "S38",
      "Cost",
      "Example models by segment",
      "The two models with the most tokens in each quadrant of price and usage.",
      {
        kind: "bar",
        x: "model",
        y: "usage",
        series: "segment",
        y_title: "Usage, log₁₀ of million tokens",
        order: ["efficient giants", "premium leaders", "long tail", "premium specialists"],
      },
      [
        column("model", "Model", "text"),
        column("segment", "Segment", "text"),
        TOKENS,
        PRICE,
        column("usage", "Usage (log₁₀ M tokens)", "real"),
      ],
      rows,
    ),
  );
  return list;
}

function appendix() {
  const tags = series("tag_shares");
  return [
    ["S39", "roleplay"],
    ["S40", "programming"],
    ["S41", "technology"],
  ].map(([id, category]) =>
    figure(
      id,
      "Appendix",
      `Tags of ${category}`,
      `Share of the classified tokens of ${category}, by tag.`,
      { kind: "bar", x: "tag", y: "share", low: "low", high: "high", y_title: `Share of ${category} tokens` },
      [column("tag", "Tag", "text"), SHARE, TOKENS, column("low", "Low", "share"), column("high", "High", "share")],
      tags.rows
        .filter(([name]) => name === category)
        .map(([, tag, share]) => [tag, share / 100, Math.round(share * 1e9), share / 100 - 0.01, share / 100 + 0.01]),
    ),
  );
}

// What the page can make figures of anew: made up, and of no figure's numbers, so that a test sees which it shows.
const RECIPES = {
  S01: { cube: "model", maker: "shares", quantity: "tokens" },
  S02: { cube: "model", maker: "shares", quantity: "tokens" },
  S03: { cube: "model", maker: "shares", quantity: "tokens", source: "OSS", top: 5, has_rest: true },
  S05: { cube: "model", maker: "shares", quantity: "tokens", source: "OSS" },
  S06: { cube: "model", maker: "counts", quantity: "tokens", source: "OSS" },
  S07: { cube: "category", maker: "shares", quantity: "tokens", source: "OSS" },
  S08: { cube: "category", maker: "shares", quantity: "tokens", source: "Chinese OSS" },
  S09: { cube: "category", maker: "shares", quantity: "tokens", category: "programming" },
  S13: { cube: "model", maker: "tools", quantity: "tool_tokens" },
  S15: { cube: "model", maker: "means", quantity: "tokens_prompt" },
  S17: { cube: "category", maker: "means", quantity: "tokens_prompt" },
  S19: { cube: "category", maker: "means beside all", quantity: "tokens", category: "programming" },
  S20: { cube: "category", maker: "shares", quantity: "tokens" },
  S21: { cube: "category", maker: "shares", quantity: "spend", category: "programming", top: 10, has_rest: true },
  S24: { cube: "category", maker: "shares", quantity: "tokens", author: "anthropic" },
  S31: { cube: "geography", maker: "shares", quantity: "tokens" },
  S35: { cube: "category", maker: "map", quantity: "tokens" },
};

// prettier-ignore
const MEMBERS = [
  ["anthropic", "Closed", "unknown", "Reasoning"], ["openai", "Closed", "unknown", "Reasoning"],
  ["openai", "RoW OSS", "large", "Reasoning"], ["google", "RoW OSS", "small", "Non-reasoning"],
  ["deepseek", "Chinese OSS", "large", "Reasoning"], ["qwen", "Chinese OSS", "medium", "Non-reasoning"],
];
const PLACES = ["North America", "Asia", "Europe", "South America", "Oceania", "Africa"];

function makeCubes(random) {
  const upTo = (most) => Math.round(random() * most);
  const cube = (keys, members, measures, weeks) => ({
    keys,
    members,
    measures: Object.keys(measures),
    weeks: weeks.map((week) => [
      week,
      members.flatMap((_, index) => [index, ...Object.values(measures).map((most) => 1 + upTo(most))]),
    ]),
  });
  const sources = [...new Set(MEMBERS.map(([author, source]) => `${author}|${source}`))].map((one) => one.split("|"));
  const weeks = [...totals.keys()];
  const classified = weeks.filter((week) => week >= "2025-05-19");
  const model = { tokens: 1e7, tokens_completion: 1e6, requests: 1e4, tool_tokens: 1e5, tools_offered_tokens: 1e6 };
  const category = { tokens: 1e6, tokens_completion: 1e5, requests: 1e3, cost_nano_usd: 1e9, own_key_tokens: 1e3 };
  return {
    model: cube(["author", "source", "size", "reasoning"], MEMBERS, { ...model, models: 9 }, weeks),
    category: {
      ...cube(
        ["author", "source", "category"],
        sources.flatMap((pair) => [...CATEGORIES, "seo"].map((name) => [...pair, name])),
        category,
        classified,
      ),
      drawn: CATEGORIES,
    },
    geography: cube(
      ["continent", "country"],
      PLACES.map((place) => [place, place.slice(0, 2)]),
      { tokens: 1e7 },
      weeks,
    ),
  };
}

const withRecipe = (figure) => {
  const recipe = RECIPES[figure.id] ?? null;
  return { ...figure, definition: { ...figure.definition, recipe: recipe && { has_rest: false, ...recipe } } };
};

export function makeStudy({ models = 380, seed = 1 } = {}) {
  const random = chance(seed);
  const weeks = series("s07_oss_categories_weekly").rows.map(([week]) => week);
  const list = catalog(models, random);
  const tokens = [...totals.values()].reduce((a, b) => a + b, 0);
  const scalar = (id, title, value, type, about) => ({ id, title, value, type, about });
  return {
    format: 1,
    header: {
      title: "State of AI, from your own stream",
      range: { from: "2024-10-28", to: "2025-12-01" },
      as_of: {
        window: "week",
        start: "2025-11-17",
        pane: "early",
        told_ms: Date.UTC(2025, 10, 19, 10, 6),
        event_ms: Date.UTC(2025, 10, 19, 10),
        records: 24_699,
        behind: 12,
        partitions: [{ partition: 0, next_offset: 24_699, end_offset: 24_711 }],
      },
      requests: 31_400_000_000,
      tokens,
      cost_nano_usd: 8.1e16,
      models: list.length,
      accounts: 2_400_000,
      coverage: {
        classified: 78_500_000,
        mapped: 62_800_000,
        classified_tokens: Math.round(tokens * 0.0025),
        share: 0.0025,
      },
      ledger: {
        state: "whole",
        windows: 57,
        consumed: 31_400_000_321,
        counted: 31_400_000_000,
        duplicate: 300,
        filtered: 0,
        too_late: 21,
        dead_lettered: 0,
        conflicting: 0,
        sentence: "Every record of the stream is counted, a duplicate, or named.",
      },
      tables_version: "2025-12-02",
      newest_window_end_ms: Date.UTC(2025, 11, 1),
      scalars: [
        scalar("C01", "Open weights at the end", 0.243, "share", "of all tokens in the last week"),
        scalar("C02", "From outside the US", 0.528, "share", "of all tokens"),
        scalar("C03", "Active models a week", 312, "integer", "mean over the range"),
        scalar("C04", "DeepSeek and Qwen together", 0.131, "share", "of all tokens"),
        scalar("C05", "Largest open-weight model", 0.207, "share", "of open-weight tokens in the last week"),
        scalar("C06", "Median request", 1840, "real", "tokens, prompt and completion"),
        scalar("C07", "Tools offered", 0.285, "share", "of all tokens in the last week"),
        scalar("C08", "Cancelled", 0.031, "share", "of all requests"),
      ],
    },
    notes: [
      "The study's averages of S01 and its chart differ; here shares are made of sums.",
      "S32 of the study exceeds S31 for North America; here both come from the same rows.",
      "The slope of S36 is shown as fitted; the study's prose and its drawn line disagree.",
    ],
    figures: [
      ...openClosed(),
      ...openClosedCategories(weeks, random),
      ...agentic(weeks),
      ...categories(random),
      ...geography(),
      ...retention(random),
      ...cost(list),
      ...appendix(),
    ].map(withRecipe),
    cubes: makeCubes(chance(seed + 1)),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(JSON.stringify(makeStudy({ models: Number(process.argv[2] ?? 380) })));
