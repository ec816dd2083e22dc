// Documents that are not as one would like them, each made of the good one.

import { makeStudy } from "./sample.mjs";

export const HOSTILE = '</script><img src=x onerror="window.broken=1">{{study}}<!--';

const copy = (study) => structuredClone(study);

function each(study, change) {
  const made = copy(study);
  for (const figure of made.figures)
    change(figure, Object.fromEntries(figure.columns.map((column, index) => [column.name, index])));
  return made;
}

function gone(figure, why) {
  figure.rows = [];
  figure.missing = why;
}

// Topics without a record.
function empty(study) {
  const made = each(study, (figure) => gone(figure, "No summary has been published yet."));
  Object.assign(made.header, {
    range: { from: null, to: null },
    as_of: null,
    requests: 0,
    tokens: 0,
    cost_nano_usd: 0,
    models: 0,
    accounts: null,
    newest_window_end_ms: null,
    tables_version: null,
  });
  made.header.coverage = { classified: 0, mapped: 0, classified_tokens: 0, share: null };
  made.header.ledger = {
    state: "absent",
    windows: 0,
    consumed: 0,
    counted: 0,
    duplicate: 0,
    filtered: 0,
    too_late: 0,
    dead_lettered: 0,
    conflicting: 0,
    sentence: "There is no ledger.",
  };
  for (const scalar of made.header.scalars) scalar.value = null;
  return made;
}

// One event: every figure has the rows of its first x and the first series of those.
function oneEvent(study) {
  const made = each(study, (figure, at) => {
    figure.rows = [figure.rows.find((row) => row[at[figure.chart.y]] > 0)];
    figure.chart.order = figure.chart.order.slice(0, 1);
    figure.chart.line = null;
  });
  Object.assign(made.header, {
    range: { from: "2024-10-28", to: "2024-11-04" },
    requests: 1,
    tokens: 900,
    cost_nano_usd: 12000,
    models: 1,
    accounts: 1,
  });
  Object.assign(made.header.as_of, { event_ms: null, behind: null, records: 1 });
  return made;
}

// Two weeks in the middle have no rows, and one has rows of zeros.
function weekWithout(study) {
  return each(study, (figure, at) => {
    if (at.week === undefined) return;
    figure.rows = figure.rows.filter((row) => !["2025-07-14", "2025-09-01", "2025-09-15"].includes(row[at.week]));
  });
}

// The catalog knows no model.
function unknownModels(study) {
  return each(study, (figure, at) => {
    for (const name of ["source", "size", "author", "origin", "kind"])
      if (at[name] !== undefined) for (const row of figure.rows) row[at[name]] = "unknown";
    if (figure.chart.series && ["source", "size", "author", "origin", "kind"].includes(figure.chart.series)) {
      const seen = new Set();
      figure.rows = figure.rows.filter((row) =>
        figure.chart.kind === "points" || figure.chart.kind === "bar" ? true : !seen.has(row[0]) && seen.add(row[0]),
      );
      figure.chart.order = ["unknown"];
    }
  });
}

function withoutAccounts(study) {
  const made = each(
    study,
    (figure) => figure.id === "S34" && gone(figure, "Accounts are not counted: no account key is configured."),
  );
  made.header.accounts = null;
  return made;
}

function withoutCountries(study) {
  return each(study, (figure, at) => {
    if (!["S30", "S31", "S32"].includes(figure.id)) return;
    const place = at.continent ?? at.country;
    const seen = new Set();
    figure.rows = figure.rows.filter((row) =>
      at.week === undefined ? seen.size === 0 && seen.add(1) : !seen.has(row[at.week]) && seen.add(row[at.week]),
    );
    for (const row of figure.rows) {
      row[place] = null;
      row[at.share] = 1;
    }
    figure.chart.order = [];
  });
}

// Values withheld, for too few accounts.
function suppressed(study) {
  return each(study, (figure, at) => {
    if (at.share === undefined) return;
    figure.columns.push({ name: "suppressed", title: "Withheld", type: "flag" });
    figure.rows = figure.rows.map((row, index) => {
      if (index % 5 !== 3) return [...row, false];
      const made = [...row];
      for (let column = 0; column < figure.columns.length - 1; column++)
        if (
          ["share", "integer", "real"].includes(figure.columns[column].type) &&
          figure.columns[column].name !== figure.chart.x
        )
          made[column] = null;
      return [...made, true];
    });
  });
}

// Names that want out of their place.
function hostile(study) {
  const made = each(study, (figure, at) => {
    figure.title += HOSTILE;
    figure.about += HOSTILE;
    figure.notes.push(HOSTILE);
    const names = figure.columns.filter((column) => column.type === "text").map((column) => at[column.name]);
    figure.rows = figure.rows.map((row) =>
      row.map((value, index) => (names.includes(index) && value !== null ? value + HOSTILE : value)),
    );
    figure.chart.order = figure.chart.order.map((name) => (/^\d{4}-\d\d$/.test(name) ? name : name + HOSTILE));
    for (const rule of figure.chart.rules) rule.text += HOSTILE;
  });
  for (const cube of Object.values(made.cubes))
    cube.members = cube.members.map((keys) => keys.map((key) => key + HOSTILE));
  made.names = Object.fromEntries(made.cubes.model.members.map(([author]) => [author, `Name ${author}`]));
  made.header.title += HOSTILE;
  made.header.ledger.state = HOSTILE;
  made.header.as_of.window = HOSTILE;
  made.header.tables_version = HOSTILE;
  made.notes.push(HOSTILE);
  return made;
}

export function documents() {
  const study = makeStudy();
  return {
    study,
    empty: empty(study),
    oneEvent: oneEvent(study),
    weekWithout: weekWithout(study),
    unknownModels: unknownModels(study),
    withoutAccounts: withoutAccounts(study),
    withoutCountries: withoutCountries(study),
    suppressed: suppressed(study),
    hostile: hostile(study),
    manyModels: makeStudy({ models: 450 }),
  };
}
