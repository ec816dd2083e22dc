// The page in a headless browser: what it shows, says and asks for. See harness.mjs for how; the documents are in
// sample.mjs and documents.mjs. The truth is always the document itself, worked out here again and not by the page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { documents, HOSTILE } from "./documents.mjs";
import { axe, chromium, drawAll, makePage, open, serve, tellOpen } from "./harness.mjs";
import { finding } from "../../src/report/page/finding.js";
import { compact } from "../../src/report/page/format.js";
import { leastDistance, legibility, numbersOf } from "./looks.mjs";

const LIMIT_MS = 120000; // of a test
const only = process.argv[2];
const studies = documents();
const files = Object.fromEntries(Object.entries(studies).map(([name, study]) => [name, makePage(name, study)]));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--force-color-profile=srgb"],
});
const IDS = Array.from({ length: 41 }, (_, index) => `S${String(index + 1).padStart(2, "0")}`);
const figureOf = (study, id) => study.figures.find((figure) => figure.id === id);
const column = (figure, name) => figure.columns.findIndex((one) => one.name === name);

// Opens, runs, and asserts at the end that the page was quiet and asked for nothing but itself.
async function visit(name, options, look) {
  const visited = await open(browser, files[name], options);
  try {
    await look(visited.page, studies[name]);
    assert.deepEqual(visited.said, []);
    assert.deepEqual(
      visited.asked.filter((url) => !url.startsWith("data:") && !url.startsWith("blob:")),
      [`file://${files[name]}`],
    );
  } finally {
    await visited.close();
  }
}

async function assertNoSideways(page) {
  const [content, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `the page is ${content} wide in a window of ${window}`);
}

async function sectionIds(page) {
  return page.$$eval("section.figure", (list) => list.map((section) => section.id));
}

const SERIES_DRAWN = ["area", "bars", "lines"];

const tests = {
  async sections_stand_in_the_studys_order() {
    await visit("study", {}, async (page, study) => {
      assert.deepEqual(await sectionIds(page), IDS);
      const titles = await page.$$eval("section.figure", (list) =>
        list.map((section) => [
          section.querySelector("h3 span:last-child").textContent.replaceAll("\u00a0", " "),
          section.querySelector(".measure:not([hidden])")?.textContent ?? null,
          section.querySelector(".about").textContent,
        ]),
      );
      assert.deepEqual(
        titles,
        study.figures.map((figure) => {
          const found = finding(figure);
          return [found ?? figure.title, found === null ? null : figure.title, figure.about];
        }),
      );
      assert.ok(titles.filter(([, measure]) => measure !== null).length >= 40, "findings");
      assert.equal(await page.title(), study.header.title);
    });
  },

  // Each rule on rows of which the answer can be read.
  async a_finding_is_what_the_rows_say() {
    const of = (chart, types, rows, more = {}) =>
      finding({
        chart: {
          kind: "bars",
          stack: "share",
          x: "week",
          y: "y",
          series: "series",
          y_title: "Share of tokens",
          ...chart,
        },
        columns: Object.entries(types).map(([name, type]) => ({ name, type })),
        rows,
        missing: null,
        ...more,
      });
    const weekly = { week: "date", series: "text", y: "share" };
    const shares = (chart, ...rows) => of(chart, weekly, rows);
    const mean = { kind: "lines", stack: null, series: null, y_title: "Tokens per request" };
    const map = { kind: "points", stack: null, x: "price", series: null, label: "model" };
    const points = [
      ["a/big", 2, 900],
      ["b/dear", 40, 10],
    ];
    const bar = { kind: "bar", stack: null, x: "country", series: null };
    const cases = [
      [
        shares({}, ["2025-08-04", "a", 0.5], ["2025-11-03", "a", 0.3], ["2025-11-03", "b", 0.2]),
        "A: 30 % of tokens, after 50 % in Aug 2025",
      ],
      [shares({}, ["2025-08-04", "a", 0.1], ["2025-11-03", "a", 0.3]), "A: 30 % of tokens, from 10 % in Aug 2025"],
      [shares({}, ["2025-08-04", "a", 0.3], ["2025-11-03", "a", 0.31]), "A: 31 % of tokens, as in Aug 2025"],
      [shares({}, ["2025-11-03", "a", 0.4], ["2025-11-10", "a", 0.3]), "A: 30 % of tokens, from 40 % in Nov 2025"],
      [shares({}, ["2025-11-03", "other", 0.9], ["2025-11-03", "b", 0.1]), "B: 10 % of tokens"],
      [shares({}, ["2025-11-03", "unknown", 1]), null],
      [
        of({ series: "source" }, { week: "date", source: "text", y: "share" }, [
          ["2025-11-03", "Closed", 0.6],
          ["2025-11-03", "RoW OSS", 0.25],
          ["2025-11-03", "Chinese OSS", 0.15],
        ]),
        "Open models: 40 % of tokens",
      ],
      [
        of({ stack: "sum" }, { week: "date", series: "text", y: "integer" }, [
          ["2025-11-03", "a", 1000],
          ["2025-11-10", "a", 2000],
          ["2025-11-10", "b", 500],
        ]),
        "2.5 k tokens in the week of 10 Nov 2025, 2.5 times those of Nov 2025",
      ],
      [
        of(mean, { week: "date", y: "real" }, [
          ["2025-08-04", 1600],
          ["2025-11-03", 6080],
        ]),
        "6.1 k tokens per request, 3.8 times those of Aug 2025",
      ],
      [
        of({ ...mean, series: "series" }, { week: "date", series: "text", y: "real" }, [
          ["2025-11-03", "programming", 21000],
          ["2025-11-03", "all requests", 5000],
        ]),
        "Programming: 21 k tokens per request, 4.2 times all requests (5 k)",
      ],
      [
        of(bar, { country: "text", y: "share" }, [
          ["US", 0.47],
          ["other", 0.4],
          ["SG", 0.09],
        ]),
        "United States 47 %, Singapore 9.0 %",
      ],
      [
        of({ ...bar, x: "author" }, { author: "text", y: "integer" }, [
          ["deepseek", 14e6],
          ["qwen", 5.6e6],
        ]),
        "Deepseek: 14 M tokens, 2.5 times qwen",
      ],
      [
        of({ x: "category", series: "tag" }, { category: "text", tag: "text", y: "share" }, [
          ["science", "machine_learning", 0.8],
          ["science", "physics", 0.1],
          ["legal", "law", 1],
        ]),
        "Machine learning is 80 % of science",
      ],
      [
        of(map, { model: "text", price: "usd_per_mtok", y: "integer" }, points),
        "big is used most, at $2.00 for a million tokens; dear is dearest, at $40.00",
      ],
      [
        of(
          { kind: "lines", stack: null, x: "age", series: "cohort", panel: "model" },
          { model: "text", cohort: "month", age: "integer", cohort_accounts: "integer", y: "share" },
          [
            ["a/m", "2025-05", 2, 900, 0.9],
            ["a/m", "2025-06", 2, 800, 0.4],
            ["a/m", "2025-07", 2, 3, 1],
          ],
        ),
        "m, first used in Jun 2025: 40 % are back after 2 months",
      ],
      [of({}, weekly, []), null],
      [of({}, weekly, [["2025-11-03", "a", 1]], { missing: "nothing" }), null],
    ];
    for (const [got, want] of cases) assert.equal(want === null ? got : got?.replace(/^Big/, "big"), want);
  },

  async each_figure_says_what_it_is_of() {
    await visit("study", {}, async (page, study) => {
      const said = await page.$$eval("section.figure .source", (list) => list.map((one) => one.textContent));
      assert.equal(said.length, IDS.length);
      const { requests, ledger } = study.header;
      for (const words of said) {
        assert.ok(words.startsWith("Source: gentally, ") && words.includes(`ledger ${ledger.state}`), words);
        assert.ok(words.includes(requests.toLocaleString("en-US")), words);
      }
      await page.locator("#S20 .definition summary").click();
      const defined = await page.textContent("#S20 .definition .body");
      const { definition, columns } = figureOf(study, "S20");
      assert.ok(defined.includes("gentally figures --sql S20") && defined.includes(definition.unit), defined);
      for (const { name, about } of columns) assert.ok(defined.includes(name) && defined.includes(about), name);
    });
  },

  // What is downloaded is opened again, and holds what the page shows.
  async pictures_hold_the_figure() {
    for (const mode of ["light", "dark"])
      await visit("study", { mode }, async (page) => {
        await drawAll(page);
        for (const id of mode === "dark" ? ["S20"] : ["S01", "S20", "S34", "S36"]) {
          const get = async (name) => {
            const [download] = await Promise.all([
              page.waitForEvent("download"),
              page.locator(`#${id} .pictures button`, { hasText: name }).click(),
            ]);
            assert.equal(download.suggestedFilename(), name);
            return readFileSync(await download.path());
          };
          const text = (await get(`${id}.svg`)).toString();
          assert.ok(!text.includes("var(--") && !/class=/.test(text), `${id}: something is left to a style sheet`);
          const [shown, kept] = await page.evaluate(
            ([name, source]) => {
              const made = new DOMParser().parseFromString(source, "image/svg+xml");
              const section = document.getElementById(name);
              const count = (root, tag) => root.querySelectorAll(tag).length;
              const words = (root) => root.textContent.replace(/\s+/g, "");
              return [
                {
                  marks: count(section.querySelector(".plot"), "svg path, svg rect"),
                  title: words(section.querySelector("h3")),
                  source: words(section.querySelector(".source")),
                },
                {
                  marks: count(made, "path, svg svg rect"),
                  words: words(made.documentElement),
                  error: count(made, "parsererror"),
                },
              ];
            },
            [id, text],
          );
          assert.equal(kept.error, 0, `${id}: no SVG`);
          assert.equal(kept.marks, shown.marks, `${id}: marks`);
          assert.ok(kept.words.includes(shown.title) && kept.words.includes(shown.source), `${id}: its words`);
          const png = await get(`${id}.png`);
          assert.equal(png.subarray(1, 4).toString(), "PNG");
          const width = await page.evaluate((name) => document.getElementById(name).clientWidth, id);
          assert.ok(Math.abs(png.readUInt32BE(16) - 2 * (width + 32)) <= 4, `${id}: ${png.readUInt32BE(16)} dots`);
          assert.ok(png.length > 20000, `${id}: ${png.length} bytes`);
        }
      });
  },

  async tables_are_sorted_and_searched() {
    await visit("study", {}, async (page, study) => {
      const figure = figureOf(study, "S36");
      await page.locator("#S36 .table > summary").click();
      const at = column(figure, figure.chart.x);
      const named = column(figure, figure.chart.label);
      const shown = () =>
        page.$$eval(
          "#S36 tbody tr:not([hidden])",
          (rows, place) => rows.map((row) => row.cells[place].textContent),
          named,
        );
      const sorted = [...figure.rows].sort((a, b) => b[at] - a[at]).map((row) => row[named]);
      await page.locator("#S36 thead button").nth(at).click();
      assert.deepEqual((await shown()).slice(0, 5), sorted.slice(0, 5), "dearest first");
      assert.equal(await page.locator("#S36 thead th").nth(at).getAttribute("aria-sort"), "descending");
      await page.locator("#S36 thead button").nth(at).click();
      assert.equal((await shown())[0], sorted.at(-1), "cheapest first");
      await page.locator("#S36 thead button").nth(named).click();
      const names = [...sorted].sort((a, b) => a.localeCompare(b, "en"));
      assert.deepEqual((await shown()).slice(0, 5), names.slice(0, 5), "by name");
      await page.locator("#S36 .search input").fill("CLAUDE");
      const found = await shown();
      assert.ok(found.length > 2 && found.every((name) => name.includes("claude")), `${found}`);
      assert.equal(await page.locator("#S31 .search").count(), 0, "six rows are read, not searched");
    });
  },

  async a_figure_stands_alone_in_a_frame() {
    const study = { ...studies.study, figures: [figureOf(studies.study, "S20")] };
    const visited = await open(browser, makePage("embedded", study, "embed"), { width: 600 });
    await visited.page.locator("#S20 svg .mark").first().waitFor();
    for (const shown of ["#S20 h3", "#S20 .source", "#S20 .legend"])
      assert.ok(await visited.page.locator(shown).isVisible(), shown);
    for (const hidden of ["header", "nav", "footer", "h2", "#notes"])
      assert.equal(await visited.page.locator(hidden).first().isVisible(), false, hidden);
    await assertNoSideways(visited.page);
    assert.deepEqual(visited.said, []);
    await visited.close();
  },

  async links_land_where_they_point() {
    for (const width of [1440, 390])
      for (const id of ["S05", "S34", "S41"]) {
        const visited = await open(browser, `${files.study}#${id}`, { width });
        const top = () =>
          visited.page.evaluate((name) => document.getElementById(name).getBoundingClientRect().top, id);
        await visited.page.locator(`#${id} svg`).first().waitFor();
        await drawAll(visited.page);
        const end = await visited.page.evaluate(() => document.body.scrollHeight - innerHeight - scrollY);
        for (let wait = 0; wait < 20 && Math.abs((await top()) - 16) > 2; wait++) await visited.page.waitForTimeout(50);
        const landed = await top();
        assert.ok(Math.abs(landed - 16) <= 2 || end < 2, `${id} at ${width}: ${landed} px from the top`);
        await visited.page.mouse.wheel(0, -400);
        await visited.page.waitForTimeout(200);
        assert.ok((await top()) > landed + 100, `${id} at ${width} lets nobody go`);
        await visited.close();
      }
  },

  // Figures follow what is chosen, by sums made here again; the address holds it, and links land all the same.
  async what_is_chosen_is_shown() {
    const chosen = "?from=2025-06-02&to=2025-09-01&author=qwen";
    const visited = await open(browser, `${files.study}#S07${chosen}`);
    const { page } = visited;
    const { study } = studies;
    const { category, geography } = study.cubes;
    const shown = async (id) => {
      const details = page.locator(`#${id} .table`);
      if (!(await details.evaluate((one) => one.open))) await page.locator(`#${id} .table > summary`).click();
      await page.locator(`#${id} tbody tr`).first().waitFor();
      return page.$$eval(`#${id} table tr`, (rows) => rows.map((row) => [...row.cells].map((one) => one.textContent)));
    };
    // Tokens of a week by member, of those members for which the test holds.
    const sumOf = (cube, week, isGood) => {
      const step = cube.measures.length + 1;
      const values = new Map(cube.weeks).get(week);
      let sum = 0;
      for (let at = 0; at < values.length; at += step)
        if (isGood(...cube.members[values[at]])) sum += values[at + 1 + cube.measures.indexOf("tokens")];
      return sum;
    };
    const top = (id) => page.evaluate((name) => document.getElementById(name).getBoundingClientRect().top, id);
    await page.locator("#S07 svg").first().waitFor();
    for (let wait = 0; wait < 20 && Math.abs((await top("S07")) - 16) > 2; wait++) await page.waitForTimeout(50);
    assert.ok(Math.abs((await top("S07")) - 16) <= 2, `the link lands ${await top("S07")} px from the top`);
    const [head, ...weeks] = await shown("S07");
    assert.equal(weeks.length, 14, "weeks from 2 Jun to 1 Sep");
    assert.ok(!head.includes("seo"));
    for (const [at, name] of head.entries())
      if (at > 0) {
        const own = sumOf(category, "2025-06-02", (author, _, topic) => author === "qwen" && topic === name);
        const all = sumOf(category, "2025-06-02", (author, _, topic) => author === "qwen" && topic !== "seo");
        assert.ok(Math.abs(numbersOf(weeks[0][at])[0] / 100 - own / all) < 0.00006, `${name}: ${weeks[0][at]}`);
      }
    assert.match(await page.textContent("#S07 .view"), /^Shown: .* from 2 Jun 2025 to 1 Sep 2025, qwen\./);
    for (const [name, value] of [
      ["from", "2025-06-02"],
      ["to", "2025-09-01"],
      ["source", ""],
      ["author", "qwen"],
      ["as", ""],
    ])
      assert.equal(await page.inputValue(`#view-${name}`), value, name);
    // What cannot follow says so: every figure says one or the other.
    const said = Object.fromEntries(
      await page.$$eval("section.figure", (list) =>
        list.map((one) => [one.id, one.querySelector(".view:not([hidden])")?.textContent ?? ""]),
      ),
    );
    for (const [id, words] of Object.entries(said)) assert.match(words, /Shown: |Not filtered so: this figure /, id);
    assert.match(said.S24, /Shown: .*Not filtered so: this figure is of one author\./);
    assert.match(said.S31, /Shown: .*Not filtered so: this figure does not tell authors apart\./);
    assert.match(said.S36, /Shown: .*Not filtered so: this figure is of the whole range\./);
    const bars = await shown("S31");
    const range = geography.weeks.map(([week]) => week).filter((week) => week >= "2025-06-02" && week <= "2025-09-01");
    const sums = (isGood) => range.reduce((sum, week) => sum + sumOf(geography, week, isGood), 0);
    const asia = bars.find((row) => row[0] === "Asia");
    assert.ok(Math.abs(numbersOf(asia[1])[0] / 100 - sums((one) => one === "Asia") / sums(() => true)) < 0.0001, asia);
    // Models by an author's slug, sums in place of shares.
    assert.ok((await shown("S36")).slice(1).every(([model]) => model.startsWith("qwen/")));
    await page.selectOption("#view-as", "sum");
    assert.equal(new URL(page.url()).hash, `#S07${chosen}&as=sum`);
    await drawAll(page);
    await page.locator("#S07 .axis-title", { hasText: /^Tokens$/ }).waitFor();
    const [, absolute] = await shown("S07");
    const isOwn = (author, _, topic) => author === "qwen" && topic === "programming";
    const programming = sumOf(category, "2025-06-02", isOwn);
    assert.equal(absolute[(await shown("S07"))[0].indexOf("programming")], programming.toLocaleString("en-US"));
    // A link within the page takes the choice along; the way back and everything again.
    await page.locator('nav a[href="#S20"]').click();
    assert.equal(new URL(page.url()).hash, `#S20${chosen}&as=sum`);
    await page.goBack();
    assert.equal(new URL(page.url()).hash, `#S07${chosen}&as=sum`);
    await page.locator("#view button").click();
    assert.equal(new URL(page.url()).hash, "#S07");
    assert.equal((await shown("S07")).length, 1 + new Set(figureOf(study, "S07").rows.map((row) => row[0])).size);
    assert.equal(await page.locator(".view:visible").count(), 0);
    // What is no choice is none, and a name stays a name.
    const hostile = "#S07?author=<img src=x>&from=soon&source=all&as=2";
    for (const bad of [hostile, "#S07?from=2025-13-45", "#%E0%A4%A?author=&to"]) {
      await page.evaluate((hash) => (location.hash = hash), bad);
      await page.waitForTimeout(50);
      assert.equal(await page.locator(".view:visible").count(), 0, bad);
    }
    await page.evaluate(() => (location.hash = "#S09?source=open"));
    await page.locator("#S09 .view", { hasText: "Shown: open models." }).waitFor();
    assert.deepEqual((await shown("S09"))[0].slice(1).sort(), ["Chinese OSS", "RoW OSS"]);
    await page.evaluate(() => (location.hash = "#S09?from=2030-01-01"));
    await page.locator("#S09 .missing", { hasText: "There is nothing of this in what is chosen" }).waitFor();
    assert.deepEqual(visited.said, []);
    assert.deepEqual([...new Set(visited.asked.map((url) => url.split("#")[0]))], [`file://${files.study}`]);
    await visited.close();
  },

  async the_page_is_one_small_file() {
    const size = readFileSync(files.study).length;
    assert.ok(size < 1_500_000, `${size} bytes`);
  },

  // People read names, files keep slugs; a colour goes by the slug.
  async names_are_for_people() {
    const study = structuredClone(studies.study);
    study.header.times = 1_000_000;
    study.names = {
      anthropic: "Anthropic",
      qwen: "Qwen",
      "openai/gpt-4o-mini": "GPT-4o mini",
      "anthropic/claude-sonnet-4": `Claude ${HOSTILE}`,
    };
    const visited = await open(browser, makePage("named", study));
    const { page } = visited;
    await drawAll(page);
    const texts = (query) => page.$$eval(query, (list) => list.map((one) => one.textContent));
    assert.ok((await texts("#S21 .legend button")).includes("Anthropic"));
    const fill = (query) => page.$eval(query, (one) => getComputedStyle(one).fill);
    const colour = await page.evaluate(() => getComputedStyle(document.body).getPropertyValue("--a1").trim());
    const [r, g, b] = (await fill('#S21 .legend button[data-series="anthropic"] path')).match(/\d+/g).map(Number);
    assert.equal(`#${[r, g, b].map((one) => one.toString(16).padStart(2, "0")).join("")}`, colour);
    const panels = await texts("#S34 h4");
    assert.ok(panels.includes("GPT-4o mini") && panels.includes(`Claude ${HOSTILE}`) && panels.includes("deepseek-r1"));
    assert.ok((await texts("#view-author option")).includes("Qwen"));
    await page.locator("#S21 .table > summary").click();
    await page.locator("#S21 tbody tr").first().waitFor();
    assert.ok((await texts("#S21 thead th")).includes("Anthropic"));
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#S21 a[download]").click()]);
    assert.match(readFileSync(await download.path(), "utf8"), /^2025-05-19,anthropic,/m);
    assert.equal(await page.locator("img").count(), 0);
    assert.match(await page.textContent("#S21 .source"), /, volumes × 1,000,000, as of /);
    await page.locator("#S34 .table > summary").click();
    await page.locator("#S34 tbody tr").first().waitFor();
    assert.ok((await texts("#S34 tbody th[scope=rowgroup]")).includes("GPT-4o mini"));
    assert.deepEqual(visited.said, []);
    await visited.close();
  },

  // From an author to the models, through the tables: the map and the rest of the page are of that author then.
  async authors_lead_to_their_models() {
    const study = structuredClone(studies.study);
    const figure = figureOf(study, "S37");
    const [author, model] = ["author", "model"].map((name) => column(figure, name));
    const visited = await open(browser, makePage("authors", study));
    const { page } = visited;
    await page.selectOption("#view-source", "closed");
    await page.locator("#S37 .table > summary").click();
    await page
      .locator("#S37 tbody a", { hasText: /^openai$/ })
      .first()
      .click();
    assert.equal(new URL(page.url()).hash, "#S36?source=closed&author=openai");
    await page.locator("#S36 .table > summary").click();
    await page.locator("#S36 tbody tr").first().waitFor();
    const shown = await page.$$eval("#S36 tbody tr", (rows) => rows.map((row) => row.cells[0].textContent));
    const closed = new Set(
      figureOf(study, "S36")
        .rows.filter((row) => row[1] === "Closed")
        .map((row) => row[0]),
    );
    const own = figure.rows.filter((row) => row[author] === "openai" && closed.has(row[model]));
    assert.deepEqual([...shown].sort(), own.map((row) => row[model]).sort());
    assert.ok(shown.length > 2, `${shown}`);
    assert.equal(await page.inputValue("#view-author"), "openai");
    assert.deepEqual(visited.said, []);
    await visited.close();
  },

  // What stands out has its colour, all else is grey; what began before the stream is dashed; sizes are told.
  async cohorts_stand_out() {
    for (const width of [1440, 390])
      await visit("study", { width }, async (page, study) => {
        await drawAll(page);
        const figure = figureOf(study, "S34");
        const { outstanding, censored, order } = figure.chart;
        const value = (name) =>
          page.evaluate((one) => getComputedStyle(document.documentElement).getPropertyValue(`--${one}`).trim(), name);
        const hex = (text) =>
          `#${text
            .match(/\d+/g)
            .map((one) => Number(one).toString(16).padStart(2, "0"))
            .join("")}`;
        const charts = await page.$$eval("#S34 .chart", (list) =>
          list.map((chart) => ({
            panel: chart.querySelector("h4").title,
            sizes: chart.querySelector(".sizes").textContent,
            labels: [...chart.querySelectorAll("svg .label")].map((one) => one.textContent),
            lines: [...chart.querySelectorAll("svg .mark")]
              .map((mark) => (mark.matches("path") ? mark : mark.querySelector("path")))
              .filter((path) => path?.getBBox().width > 0)
              .map((path) => ({
                series: Number([...path.closest(".mark").classList].find((one) => /^s\d+$/.test(one)).slice(1)),
                stroke: getComputedStyle(path).stroke,
                dash: getComputedStyle(path).strokeDasharray,
              })),
          })),
        );
        assert.equal(charts.length, 8);
        let brought = 0;
        for (const { panel, sizes, labels, lines } of charts) {
          const own = figure.rows.filter((row) => row[0] === panel).map((row) => row[5]);
          assert.equal(sizes, `of ${Math.min(...own)} to ${Math.max(...own)} accounts`);
          for (const { series, stroke, dash } of lines) {
            const cohort = order[series];
            const one = outstanding.find((each) => each.panel === panel && each.series === cohort);
            const name = !one ? "muted" : one.kind === "boomerang" ? "boomerang" : "foundational";
            assert.equal(hex(stroke), await value(name), `${panel} ${cohort}`);
            assert.equal(dash !== "none", cohort === censored, `${panel} ${cohort}: ${dash}`);
            brought += one !== undefined;
          }
          const [named] = outstanding.filter((each) => each.panel === panel);
          const month = named && new Date(`${named.series}-01T00:00:00Z`);
          const words = month?.toLocaleDateString("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
          assert.deepEqual(labels, named ? [words] : [], panel);
        }
        assert.equal(brought, outstanding.length);
        assert.match(await page.textContent("#S34 .cohort-key"), /Nov 2024: all seen in the stream's first month/);
        await page.locator("#S34 .chart").first().focus();
        await page.keyboard.press("End");
        assert.match(await page.locator("#spoken").textContent(), /% of \d+/);
      });
  },

  // Names of quarters stand in their quarters, on no point.
  async quarters_are_named() {
    for (const width of [1440, 390])
      await visit("study", { width }, async (page, study) => {
        await drawAll(page);
        for (const id of ["S36", "S37"]) {
          const { names, rules, dots } = await page.evaluate((name) => {
            const box = (one) => one.getBoundingClientRect().toJSON();
            const all = (query) => [...document.querySelectorAll(`#${name} svg ${query}`)];
            return {
              names: all(".quarter").map((one) => [one.textContent, box(one.querySelector("text") ?? one)]),
              rules: all(".rule").map((one) => box(one.querySelector("line") ?? one)),
              dots: all(".mark path, .mark circle").map(box),
            };
          }, id);
          const upright = rules.find((rule) => rule.height > rule.width);
          const lying = rules.find((rule) => rule.width > rule.height);
          const { quarters } = figureOf(study, id).chart;
          assert.deepEqual(names.map(([text]) => text).sort(), [...quarters].sort(), `${id} at ${width}`);
          for (const [text, box] of names) {
            const at = quarters.indexOf(text);
            assert.ok(at % 2 ? box.left > upright.left : box.right < upright.left, `${id}: ${text}`);
            assert.ok(at < 2 ? box.bottom < lying.top : box.top > lying.top, `${id}: ${text}`);
            for (const dot of dots) {
              const isApart = dot.right < box.left || dot.left > box.right || dot.bottom < box.top + 3;
              assert.ok(isApart || dot.top > box.bottom - 3, `${id} at ${width}: ${text} covers a point`);
            }
          }
        }
      });
  },

  // Eleven lines are eleven charts, from the highest at its end, each before the ten others, with its own two ends.
  async many_lines_are_drawn_apart() {
    for (const width of [1440, 390])
      await visit("study", { width }, async (page, study) => {
        await drawAll(page);
        const figure = figureOf(study, "S17");
        const [at, y] = ["category", "mean"].map((name) => column(figure, name));
        const rows = (name) => figure.rows.filter((row) => row[at] === name);
        const wanted = [...new Set(figure.rows.map((row) => row[at]))].sort(
          (a, b) => rows(b).at(-1)[y] - rows(a).at(-1)[y],
        );
        const charts = await page.$$eval("#S17 .chart", (list) =>
          list.map((chart) => ({
            name: chart.querySelector("h4").textContent,
            ends: [...chart.querySelectorAll("svg .end")].map((one) => one.textContent),
            own: new Set([...chart.querySelectorAll("svg .mark")].map((one) => one.getAttribute("class"))).size,
            behind: chart.querySelectorAll("svg .behind").length,
          })),
        );
        assert.deepEqual(
          charts,
          wanted.map((name) => ({
            name,
            ends: [rows(name)[0][y], rows(name).at(-1)[y]].map((value) => compact(value, 2)),
            own: 1,
            behind: wanted.length - 1,
          })),
        );
        assert.equal(await page.locator("#S17 .legend").count(), 0, "each chart has its name");
        await page.locator("#S17 .table > summary").click();
        await page.locator("#S17 thead th").first().waitFor();
        assert.equal(await page.locator("#S17 thead th").count(), 1 + wanted.length, "the table is one");
      });
  },

  // What is used most is named on a phone, too; what is said of a level stands where fewer points are; a label beside
  // another point would be taken for its; quarters that are the series need no legend.
  async maps_name_what_they_are_about() {
    const study = structuredClone(studies.study);
    const own = figureOf(study, "S38");
    const map = figureOf(study, "S36").chart;
    own.columns[1].name = "quarter";
    // Twelve pairs, ever farther apart: in some the words of the one would end just before the other.
    own.rows = Array.from({ length: 12 }, (_, index) => [
      ["x/some model", "long tail", 1e6 * 4 ** index, 0.1, index],
      [`x/${index}`, "premium specialists", 1e6 * 4 ** index, 0.1 * 10 ** (0.02 * (12 + index)), index],
    ]).flat();
    own.chart = { ...map, line: null, x: own.columns[3].name, y: "tokens", series: "quarter", label: "model" };
    own.chart.order = [...new Set(own.rows.map((row) => row[1]))];
    own.chart.rules = [
      { axis: "x", at: 0.02, text: "Median $0.02" },
      { axis: "y", at: 1e4, text: "Median 10 k tokens" },
    ];
    for (const width of [1440, 390]) {
      const visited = await open(browser, makePage("maps", study), { width });
      const { page } = visited;
      await drawAll(page);
      const seen = (id) =>
        page.evaluate((name) => {
          const box = (one) => (one.querySelector("text") ?? one).getBoundingClientRect().toJSON();
          const all = (query) => [...document.querySelectorAll(`#${name} svg ${query}`)];
          return {
            labels: all(".label").map((one) => [one.textContent, box(one)]),
            rule: all(".rule-text").map(box).at(-1),
            dots: all(".mark path, .mark circle").map((one) => one.getBoundingClientRect().toJSON()),
            legend: document.querySelectorAll(`#${name} .legend`).length,
            frame: all(".quarter").map(box),
          };
        }, id);
      for (const id of ["S36", "S37"]) {
        const figure = figureOf(study, id);
        const [y, model] = ["tokens", "model"].map((name) => column(figure, name));
        const [most] = [...figure.rows].sort((a, b) => b[y] - a[y]);
        const { labels, rule, dots, frame } = await seen(id);
        const names = labels.map(([text]) => text);
        assert.ok(names.includes(most[model].replace(/^.*\//, "")), `${id} at ${width}: ${names}`);
        const under = (left) =>
          dots.filter((dot) => {
            const x = (dot.left + dot.right) / 2;
            return x > left && x < left + rule.width && dot.bottom > rule.top && dot.top < rule.bottom;
          }).length;
        const other = Math.abs(rule.left - Math.min(...frame.map((one) => one.left))) < 20 ? "right" : "left";
        const there =
          other === "left"
            ? Math.min(...frame.map((one) => one.left))
            : Math.max(...frame.map((one) => one.right)) - rule.width;
        assert.ok(
          under(rule.left) <= under(there) + 1,
          `${id} at ${width}: ${under(rule.left)} under the level's words`,
        );
      }
      const { labels, dots, legend } = await seen("S38");
      assert.equal(legend, 0, "quarters have their names in the chart");
      assert.ok(labels.length > 12, `${labels.length} labels`);
      const second = dots.slice(-12);
      for (const [text, box] of labels.filter(([words]) => words === "some model"))
        for (const dot of second) {
          const isLevel = dot.top < box.bottom - 4 && dot.bottom > box.top + 4;
          const [before, behind] = [dot.left - box.right, box.left - dot.right];
          assert.ok(!isLevel || before > 8 || behind > 8, `${width}: ${text} stands ${before} before another`);
        }
      assert.deepEqual(visited.said, []);
      await visited.close();
    }
  },

  // The study's edition says what the study publishes, and how far ours is; what is chosen does not change it.
  async published_values_stand_beside_ours() {
    const study = structuredClone(studies.study);
    const figure = figureOf(study, "S31");
    const [key, share] = [figure.chart.x, "share"].map((name) => column(figure, name));
    const [first, second] = figure.rows;
    figure.published = [
      ["share", first[key], first[share]],
      ["share", second[key], second[share] * 1.25],
    ];
    const other = figureOf(study, "S33");
    other.published = [["share", "none such", 0.5]];
    const visited = await open(browser, makePage("published", study));
    const { page } = visited;
    await page.selectOption("#view-source", "closed");
    assert.equal(
      await page.textContent("#S31 .published summary"),
      "Published by the study: 2 values, ours differ by at most 20.0 %",
    );
    await page.locator("#S31 .published summary").click();
    const rows = await page.$$eval("#S31 .published tbody tr", (list) =>
      list.map((row) => [...row.cells].map((cell) => cell.textContent)),
    );
    assert.deepEqual(
      rows.map((row) => [row[0], row[4]]),
      [
        [first[key], "+0.0 %"],
        [second[key], "−20.0 %"],
      ],
    );
    assert.equal(rows[0][2], rows[0][3]);
    assert.match(await page.textContent("#S33 .published"), /1 are not here.*–/s);
    assert.equal(await page.locator(".published").count(), 2, "only where something is published");
    await assertNoSideways(page);
    assert.deepEqual(visited.said, []);
    await visited.close();
  },

  async lines_say_where_they_begin_and_end() {
    await visit("study", {}, async (page, study) => {
      await drawAll(page);
      for (const id of ["S15", "S16", "S18"]) {
        const figure = figureOf(study, id);
        const at = column(figure, figure.chart.y);
        const values = [figure.rows[0][at], figure.rows.at(-1)[at]];
        const ends = await page.$$eval(`#${id} svg .end text, #${id} svg text.end`, (list) =>
          list.map((one) => one.textContent),
        );
        assert.deepEqual(
          ends,
          values.map((value) => compact(value, 2)),
          id,
        );
      }
      // Ticks and grid are the same places.
      for (const id of ["S03", "S32", "S33"]) {
        const [ticks, grid] = await page.evaluate((name) => {
          const count = (label) => document.querySelectorAll(`#${name} svg [aria-label="${label}"] > *`).length;
          return [count("x-axis tick label"), count("x-grid")];
        }, id);
        assert.ok(ticks > 1 && ticks === grid, `${id}: ${ticks} ticks, ${grid} lines`);
      }
    });
  },

  // What stands beside each other is told apart by everybody, and a colour means one thing.
  async colours_are_told_apart() {
    const numbers = (letter, count) => Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
    const groups = [
      ["cn", "row", "closed", "muted"],
      ["small", "medium", "large", "muted"],
      [...numbers("c", 12), "muted"],
      [...numbers("a", 12), "muted"],
      [...numbers("g", 6), "muted"],
      numbers("q", 4),
      ["tool", "offered"],
    ];
    for (const mode of ["light", "dark"])
      await visit("study", { mode }, async (page) => {
        await drawAll(page);
        const names = [...new Set(groups.flat())];
        const values = await page.evaluate(
          (list) => list.map((name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()),
          names,
        );
        const colour = new Map(names.map((name, index) => [name, values[index]]));
        assert.equal(new Set(values).size, names.length, "each name has a colour of its own");
        for (const group of groups)
          group.forEach((one, index) =>
            group.slice(index + 1).forEach((other) => {
              const apart = leastDistance(colour.get(one), colour.get(other));
              assert.ok(apart >= 10, `${mode}: --${one} and --${other} are ${apart.toFixed(1)} apart`);
            }),
          );
        const shown = await page.$$eval(".legend button", (list) =>
          list.map((one) => [one.dataset.series, getComputedStyle(one.querySelector("path")).fill]),
        );
        const fills = new Map();
        for (const [series, fill] of shown) {
          if (/\//.test(series) || series === "others" || /^\d{4}-\d{2}$/.test(series)) continue; // of several
          assert.equal(fills.get(series) ?? fill, fill, `${series} has two colours`);
          fills.set(series, fill);
        }
        assert.ok(fills.size > 20, `${fills.size} series`);
      });
  },

  async titles_are_there_without_a_script() {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`file://${files.study}`);
    const text = await page.textContent("#figures");
    for (const figure of studies.study.figures)
      assert.ok(text.includes(figure.title) && text.includes(figure.about), figure.id);
    await context.close();
  },

  async a_figure_is_drawn_when_it_comes_near() {
    await visit("study", {}, async (page) => {
      const isDrawn = (id) => page.locator(`#${id} svg .mark`).count();
      await page.locator("#S01 svg .mark").first().waitFor();
      assert.equal(await isDrawn("S20"), 0);
      assert.equal(await isDrawn("S41"), 0);
      await page.evaluate(() => document.querySelector("#S41").scrollIntoView());
      await page.locator("#S41 svg .mark").first().waitFor();
      assert.equal(await isDrawn("S20"), 0, "what was passed over in a jump");
    });
  },

  // Every series that has a value has a mark; every point of a scatter, every bar too.
  async every_chart_has_its_marks() {
    for (const width of [360, 1440])
      await visit("study", { width }, async (page, study) => {
        await drawAll(page);
        for (const figure of study.figures) {
          const shapes = await page.$$eval(`#${figure.id} svg .mark`, (marks) =>
            marks.flatMap((mark) => {
              const own = [...mark.classList].find((name) => /^s\d+$/.test(name)) ?? "";
              const shapes = mark.matches("path,rect,circle,line")
                ? [mark]
                : [...mark.querySelectorAll("path,rect,circle,line")];
              return shapes
                .filter((shape) => {
                  const box = shape.getBBox();
                  return box.width > 0 || box.height > 0;
                })
                .map(() => own);
            }),
          );
          assert.ok(shapes.length > 0, `${figure.id} has no mark at ${width}`);
          const y = column(figure, figure.chart.y),
            series = column(figure, figure.chart.series);
          if (
            SERIES_DRAWN.includes(figure.chart.kind) &&
            series >= 0 &&
            column(figure, "week") + column(figure, "month") > -2
          ) {
            const wanted = new Set(figure.rows.filter((row) => row[y] > 0).map((row) => row[series]));
            assert.equal(new Set(shapes).size, wanted.size, `${figure.id}: series with marks`);
          }
          if (figure.chart.kind === "points" || figure.chart.kind === "bar")
            assert.equal(shapes.length, figure.rows.filter((row) => row[y] > 0).length, `${figure.id}: one mark a row`);
          if (figure.chart.panel)
            assert.equal(
              await page.locator(`#${figure.id} .chart`).count(),
              new Set(figure.rows.map((row) => row[column(figure, figure.chart.panel)])).size,
            );
        }
      });
  },

  // The heights of bars and the places of points, measured on the screen, against the document.
  async marks_stand_where_their_values_are() {
    await visit("study", {}, async (page, study) => {
      await drawAll(page);
      const figure = figureOf(study, "S20");
      const bars = await page.$$eval("#S20 svg .mark", (marks) =>
        marks.map((mark) =>
          [...mark.querySelectorAll("rect")].map((rect) => rect.getBBox()).map(({ x, height }) => [x, height]),
        ),
      );
      const shares = figure.chart.order.map((series) =>
        figure.rows.filter((row) => row[1] === series && row[2] > 0).map((row) => row[2]),
      );
      const whole =
        bars.flat().reduce((sum, [, height]) => sum + height, 0) / new Set(figure.rows.map((row) => row[0])).size;
      assert.ok(whole > 200, `bars of ${whole} pixels`);
      shares.forEach((list, series) => {
        assert.equal(bars[series].length, list.length, figure.chart.order[series]);
        list.forEach((share, index) =>
          assert.ok(
            Math.abs(bars[series][index][1] / whole - share) < 0.004,
            `${figure.chart.order[series]} ${index}: ${bars[series][index][1] / whole} for ${share}`,
          ),
        );
      });
      const scatter = figureOf(study, "S35");
      const dots = await page.$$eval("#S35 svg .mark path, #S35 svg .mark circle", (list) =>
        list.map((dot) => {
          const box = dot.getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        }),
      );
      const byOrder = [...scatter.rows].sort(
        (a, b) => scatter.chart.order.indexOf(a[0]) - scatter.chart.order.indexOf(b[0]),
      );
      const line = (axis, value) => {
        // The pixels of a log axis, from the two points farthest apart.
        const logs = byOrder.map(value);
        const low = logs.indexOf(Math.min(...logs)),
          high = logs.indexOf(Math.max(...logs));
        return byOrder.map(
          (_, index) =>
            dots[low][axis] +
            ((logs[index] - logs[low]) / (logs[high] - logs[low])) * (dots[high][axis] - dots[low][axis]),
        );
      };
      const xs = line(0, (row) => Math.log(row[1])),
        ys = line(1, (row) => Math.log(row[2]));
      dots.forEach(([x, y], index) =>
        assert.ok(
          Math.abs(x - xs[index]) < 2.5 && Math.abs(y - ys[index]) < 2.5,
          `${byOrder[index][0]} at ${x},${y}, not ${xs[index]},${ys[index]}`,
        ),
      );
    });
  },

  async text_is_large_and_dark_enough() {
    for (const width of [360, 1440])
      for (const mode of ["light", "dark"])
        await visit("study", { width, mode }, async (page) => {
          await drawAll(page);
          await page.$$eval("details", (list) => list.slice(0, 8).forEach((one) => (one.open = true)));
          const bad = await page.evaluate(legibility);
          assert.deepEqual(bad, [], `${width} ${mode}`);
          await assertNoSideways(page);
        });
  },

  async tables_and_files_hold_the_document() {
    await visit("study", {}, async (page, study) => {
      for (const id of ["S03", "S31", "S32", "S33", "S38"])
        assert.ok(await page.locator(`#${id} table`).isVisible(), `${id} is open`);
      await page.locator("#S20 .table > summary").click();
      const figure = figureOf(study, "S20");
      const cells = await page.$$eval("#S20 table tr", (rows) =>
        rows.map((row) => [...row.cells].map((cell) => cell.textContent)),
      );
      assert.deepEqual(cells[0], ["Week", ...figure.chart.order]);
      assert.equal(cells.length, 1 + new Set(figure.rows.map((row) => row[0])).size);
      for (const [week, category, share] of figure.rows) {
        const day = new Date(`${week}T00:00:00Z`)
          .toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" })
          .replace("Sept", "Sep");
        const row = cells.find((one) => one[0] === day);
        assert.ok(row, day);
        const shown = row[1 + figure.chart.order.indexOf(category)];
        assert.ok(Math.abs(numbersOf(shown)[0] / 100 - share) <= 0.00051, `${week} ${category}: ${shown} for ${share}`);
      }
      assert.equal(await page.locator("#S20 table caption").textContent(), figure.title);
      assert.equal(await page.locator("#S20 thead th:not([scope=col]), #S20 tbody th:not([scope=row])").count(), 0);
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#S20 a[download]").click()]);
      assert.equal(download.suggestedFilename(), "S20.csv");
      const lines = readFileSync(await download.path(), "utf8")
        .trimEnd()
        .split("\r\n")
        .map((line) => line.split(","));
      assert.deepEqual(lines, [figure.columns.map((one) => one.name), ...figure.rows.map((row) => row.map(String))]);
    });
  },

  async the_pointer_is_told_values() {
    await visit("study", {}, async (page, study) => {
      const chart = page.locator("#S01 .drawing");
      await chart.scrollIntoViewIfNeeded();
      const box = await chart.boundingBox();
      await page.mouse.move(box.x + 300, box.y + 150);
      const hint = await page.locator("#S01 .hint").innerText();
      const [, date] = /Week of (.*)/.exec(hint);
      const week = new Date(`${date} UTC`).toISOString().slice(0, 10);
      for (const [, source, share] of figureOf(study, "S01").rows.filter((row) => row[0] === week))
        assert.ok(
          hint.includes(source) && hint.includes(`${(share * 100).toFixed(1)} %`),
          `${source} ${share} in ${hint}`,
        );
      await page.mouse.move(2, 2);
      assert.ok(await page.locator("#S01 .hint").isHidden());
    });
  },

  async keys_walk_the_charts() {
    await visit("study", { width: 360 }, async (page, study) => {
      await page.locator("#S01 a.id").focus();
      await page.locator("#S01 .chart svg").waitFor(); // with the figure come the buttons before it
      const reached = [];
      for (let press = 0; press < 6; press++) {
        await page.keyboard.press("Tab");
        reached.push(await page.evaluate(() => document.activeElement.className || document.activeElement.tagName));
        if (reached.at(-1) === "chart") break;
      }
      assert.deepEqual(reached, ["BUTTON", "BUTTON", "BUTTON", "chart"]);
      const label = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
      assert.match(label, /Stacked area chart: .*28 Oct 2024: Closed 68\.6 %; 24 Nov 2025: Closed 75\.7 %/);
      const rows = figureOf(study, "S01").rows;
      const said = async () => (await page.locator("#spoken").textContent()).trim();
      for (const [key, week] of [
        ["ArrowRight", "2024-10-28"],
        ["ArrowRight", "2024-11-04"],
        ["ArrowLeft", "2024-10-28"],
        ["ArrowLeft", "2024-10-28"],
        ["End", "2025-11-24"],
        ["ArrowRight", "2025-11-24"],
        ["Home", "2024-10-28"],
      ]) {
        await page.keyboard.press(key);
        const words = await said();
        for (const [, source, share] of rows.filter((row) => row[0] === week))
          assert.ok(words.includes(`${source} ${(share * 100).toFixed(1)} %`), `${key}: ${words}`);
      }
      assert.ok(await page.locator("#S01 .hint").isVisible());
      await page.keyboard.press("Escape");
      assert.ok(await page.locator("#S01 .hint").isHidden());
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.locator("#S01 table").waitFor();
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.type), "search");
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.className), "scroll");
      await page.locator("#S32 .chart").focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      assert.match(await said(), /^Singapore: .*9\.2 %/);
    });
  },

  async a_series_is_brought_out() {
    await visit("study", {}, async (page) => {
      await page.locator("#S07").scrollIntoViewIfNeeded();
      const faded = () =>
        page.$$eval("#S07 svg .mark", (marks) => marks.filter((mark) => mark.classList.contains("faded")).length);
      await page.locator('#S07 .legend button[data-series="science"]').click();
      assert.equal(await faded(), 10);
      await page.locator('#S07 .legend button[data-series="science"]').click();
      assert.equal(await faded(), 0);
    });
  },

  async nothing_serious_for_axe() {
    for (const [width, mode] of [
      [360, "light"],
      [1440, "dark"],
    ])
      await visit("study", { width, mode }, async (page) => {
        await drawAll(page);
        await page.locator("#S01 .table > summary").click();
        await page.locator("#S34 .table > summary").click();
        await page.locator("#S01 .chart").focus();
        await page.keyboard.press("ArrowRight");
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          axe.run({ exclude: [["svg"]] }, { resultTypes: ["violations"] }),
        );
        const bad = violations
          .filter((one) => ["serious", "critical"].includes(one.impact))
          .map(
            (one) =>
              `${one.id}: ${one.nodes
                .slice(0, 3)
                .map((node) => node.html.slice(0, 160))
                .join(" | ")}`,
          );
        assert.deepEqual(bad, []);
      });
  },

  async paper_has_every_chart() {
    await visit("study", {}, async (page) => {
      await page.pdf({ format: "A4" });
      for (const id of IDS) assert.ok((await page.locator(`#${id} svg .mark`).count()) > 0, id);
    });
  },

  async nothing_gets_out() {
    const visited = await open(browser, files.study);
    const result = await visited.page.evaluate(() =>
      fetch("http://127.0.0.1:9/").then(
        () => "went out",
        (error) => String(error),
      ),
    );
    assert.match(result, /TypeError/);
    const ran = await visited.page.evaluate(() => {
      document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
      return window.ran;
    });
    assert.equal(ran, undefined);
    assert.ok(visited.said.some((line) => line.includes("Content Security Policy")));
    await visited.close();
  },

  async hostile_names_stay_names() {
    await visit("hostile", {}, async (page) => {
      await drawAll(page);
      await page.$$eval("details", (list) => list.forEach((one) => (one.open = true)));
      assert.equal(await page.evaluate(() => window.broken), undefined);
      assert.equal(await page.locator("img").count(), 0);
      assert.deepEqual(await sectionIds(page), IDS);
      assert.ok((await page.locator("#S36 table").textContent()).includes(HOSTILE));
      assert.ok((await page.title()).includes(HOSTILE.slice(0, 20)));
      // Chosen as an author, in the address, in the words of figures, and in a picture.
      const author = `qwen${HOSTILE}`;
      await page.selectOption("#view-author", author);
      assert.equal(new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("author"), author);
      assert.ok((await page.textContent("#S01 .view")).includes(HOSTILE));
      await page.locator("#view button").click();
      await drawAll(page);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.locator("#S01 .pictures button", { hasText: "S01.svg" }).click(),
      ]);
      const picture = readFileSync(await download.path(), "utf8");
      assert.ok(!picture.includes("<img") && picture.includes("&lt;img"), "a picture is no page");
      const isWhole = (text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror");
      assert.equal(await page.evaluate(isWhole, picture), null);
      assert.equal(await page.evaluate(() => window.broken), undefined);
    });
  },

  async an_empty_page_says_so() {
    await visit("empty", {}, async (page) => {
      const text = await page.locator("header.top").innerText();
      assert.match(text, /Accounts\nnot known/);
      assert.match(text, /absent/);
      assert.match(await page.locator("#scalars").innerText(), /not known/);
    });
  },

  async one_event_is_a_mark() {
    await visit("oneEvent", {}, async (page) => {
      await drawAll(page);
      const sizes = await page.$$eval("#S01 svg .mark rect", (list) => list.map((rect) => rect.getBBox().width));
      assert.ok(sizes.length === 1 && sizes[0] > 100, `bars of ${sizes}`);
      const ticks = await page.$$eval('#S01 svg [aria-label="x-axis tick label"] text', (list) => list.length);
      assert.equal(ticks, 1, "one week is one tick");
    });
  },

  async a_week_without_traffic_is_a_hole() {
    await visit("weekWithout", {}, async (page) => {
      await drawAll(page);
      const moves = await page.$$eval("#S01 svg .mark", (marks) =>
        marks.map((mark) =>
          [...mark.querySelectorAll("path")]
            .map((path) => path.getAttribute("d").split("M").length - 1)
            .reduce((a, b) => a + b, 0),
        ),
      );
      // Three holes make four areas, the one week between two of them a bar.
      assert.deepEqual(
        moves.filter((count) => count > 0),
        [3, 3, 3],
      );
      assert.equal(await page.locator("#S01 svg .mark rect").count(), 3);
      await page.locator("#S01 .chart").focus();
      await page.keyboard.press("Home");
      for (let press = 0; press < 37; press++) await page.keyboard.press("ArrowRight");
      assert.match(await page.locator("#spoken").textContent(), /14 Jul 2025: no traffic/);
    });
  },

  async withheld_values_are_marked() {
    await visit("suppressed", {}, async (page) => {
      assert.ok((await page.locator("#S32 td.withheld").count()) > 0);
      assert.match(await page.locator("#S32").innerText(), /withheld/);
    });
  },

  async hundreds_of_models_stay_apart() {
    for (const width of [360, 1440])
      await visit("manyModels", { width }, async (page) => {
        await drawAll(page);
        const boxes = await page.$$eval("#S36 svg .label", (list) =>
          list.map((label) => {
            const box = (label.querySelector("text") ?? label).getBoundingClientRect();
            return [box.left, box.top, box.right, box.bottom];
          }),
        );
        assert.ok(boxes.length >= (width < 500 ? 6 : 25), `${boxes.length} labels`);
        const overlaps = boxes.flatMap((a, index) =>
          boxes
            .slice(index + 1)
            .filter((b) => a[0] < b[2] - 1 && a[2] > b[0] + 1 && a[1] < b[3] - 3 && a[3] > b[1] + 3),
        );
        assert.deepEqual(overlaps, []);
      });
  },

  async a_page_is_live_or_says_what_it_is() {
    const server = await serve(studies.study);
    const { page, close } = await open(browser, `http://127.0.0.1:${server.port}/`);
    const shows = (words) => page.locator("#live .age", { hasText: words }).waitFor();
    const isGood = () => page.evaluate(() => !document.getElementById("live").classList.contains("is-lost"));
    try {
      server.tell(50000, "live");
      await shows(/^live, told 5\d seconds ago$/);
      assert.ok(await isGood());
      server.tell(600000, "late");
      await shows(/^not live: told 10 minutes ago, and the log has gone on since$/);
      assert.ok(!(await isGood()));
      server.tell(600000, "unsure");
      await shows(/^told 10 minutes ago; whether the log has gone on since is not known$/);
      server.tell(86400000 * 3, "live");
      await shows(/^live, told 3 days ago$/);
      const asOf = await page.locator("#facts").innerText();
      assert.match(asOf, /As of\s+19 Nov 2025, 10:00 UTC/i);
      assert.match(asOf, /24,699 records read, 12 behind the log.s end, when the week of 17 Nov 2025/);
      assert.match(asOf, /\(early\) was told/);
    } finally {
      await server.stop();
      await close();
    }
  },

  async a_live_page_redraws_in_place() {
    const server = await serve(studies.study);
    let again = null;
    const visited = await open(browser, `http://127.0.0.1:${server.port}/`);
    const { page } = visited;
    try {
      await page.locator("#live .age", { hasText: "nothing is told yet" }).waitFor();
      await page.locator("#S20 .table > summary").click();
      await page.locator("#S20 .chart").focus();
      await page.keyboard.press("End");
      await drawAll(page); // what is above stands as it will
      await page.evaluate(() => document.querySelector("#S20").scrollIntoView());
      const before = await page.evaluate(() => document.querySelector("#S20 .chart").getBoundingClientRect().top);
      const next = structuredClone(studies.study);
      next.header.title = "Renewed";
      next.notes.push("A new note");
      figureOf(next, "S01").notes.push(
        ...Array.from({ length: 20 }, (_, index) => `A note that makes what is above longer, ${index}`),
      );
      const rows = figureOf(next, "S20").rows.filter((row) => row[0] === "2025-11-17");
      Object.assign(rows[0], { 2: 0.4, 3: 1 });
      rows[1][2] +=
        figureOf(studies.study, "S20").rows.find((row) => row[0] === "2025-11-17" && row[1] === rows[0][1])[2] - 0.4;
      await server.publish(next);
      await page.locator("#title", { hasText: "Renewed" }).waitFor();
      const after = await page.evaluate(() => document.querySelector("#S20 .chart").getBoundingClientRect().top);
      assert.ok(Math.abs(after - before) < 2, `the figure moved by ${after - before}`);
      assert.ok(
        await page.evaluate(() => document.activeElement === document.querySelector("#S20 .chart")),
        "the focus stays",
      );
      assert.match(await page.locator("#S20 .hint").innerText(), /17 Nov 2025[^]*40\.0 %/);
      await page.locator("#S20 table").waitFor({ state: "visible" }); // it stays open
      assert.match(await page.locator("#S20 table tbody tr:last-child").innerText(), /40\.00 %/);
      assert.deepEqual(visited.said, []);
      assert.deepEqual([...new Set(visited.asked.map((url) => new URL(url).pathname))], ["/", "/events"]);
      await server.stop();
      await page.locator("#live .lost").waitFor({ state: "visible" });
      next.header.title = "Back again";
      again = await serve(studies.empty, server.port);
      await again.publish(next);
      await page.locator("#title", { hasText: "Back again" }).waitFor();
      await page.locator("#live .lost").waitFor({ state: "hidden" });
    } finally {
      await again?.stop();
      await server.stop();
      await visited.close();
    }
  },
};

// Documents that lack things are drawn as far as they go, and say what is missing.
const BAD = [
  ["empty", 360],
  ["oneEvent", 360],
  ["weekWithout", 360],
  ["unknownModels", 1440],
  ["withoutAccounts", 360],
  ["withoutCountries", 1440],
  ["suppressed", 1440],
  ["hostile", 360],
  ["hostile", 1440],
];
for (const [name, width] of BAD)
  tests[`document_${name}_${width}`] = () =>
    visit(name, { width }, async (page, study) => {
      await drawAll(page);
      assert.deepEqual(await sectionIds(page), IDS);
      await assertNoSideways(page);
      for (const figure of study.figures) {
        const words = page.locator(`#${figure.id} .missing`);
        if (figure.missing) {
          assert.equal(await words.textContent(), figure.missing.replaceAll("`", ""));
          assert.ok(await words.isVisible());
        } else
          assert.ok((await page.locator(`#${figure.id} svg .mark`).count()) > 0 && (await words.isHidden()), figure.id);
      }
    });

// Two at a time: they wait for the browser more than they work.
const chosen = Object.entries(tests).filter(([name]) => !only || name.includes(only));
const results = new Map();
let next = 0;

async function runSome() {
  while (next < chosen.length) {
    const [name, test] = chosen[next++];
    const begin = Date.now();
    const late = new Promise((resolve) => setTimeout(resolve, LIMIT_MS)).then(
      async () => new Error(`took more than ${LIMIT_MS / 1000} s; open pages: ${await tellOpen()}`),
    );
    const error = await Promise.race([
      test().then(
        () => null,
        (error) => error,
      ),
      late,
    ]);
    results.set(name, error);
    console.log(`${error ? "FAIL" : "ok  "} ${name} (${Date.now() - begin} ms)${error ? `: ${error.stack}` : ""}`);
  }
}

await Promise.all([runSome(), runSome()]);
await browser.close();
const failed = [...results.values()].filter(Boolean).length;
console.log(`page: ${results.size - failed} passed, ${failed} failed`);
process.exit(failed === 0 && results.size > 0 ? 0 : 1); // whatever a failed test left running ends with it
