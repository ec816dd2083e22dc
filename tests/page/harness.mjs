// What the tests of the page stand on: a browser, pages made of documents by the binary under test, and a record of
// everything a page said or asked for.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const stage = process.env.PAGE_STAGE;
const require = createRequire(resolve(process.env.PAGE_MODULES, "package.json"));
export const { chromium } = require("playwright-core");
export const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const folder = mkdtempSync(join(tmpdir(), "gentally-page."));
const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// As the product writes a document: its cubes last, on a line of their own, by which the page packs them.
function written({ cubes, ...study }) {
  const text = JSON.stringify(study);
  return cubes ? `${text.slice(0, -1)},\n"cubes":${JSON.stringify(cubes)}}` : text;
}

export function makePage(name, study, way = "fill") {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, execFileSync(stage, [way], { input: written(study), maxBuffer: 1 << 28 }));
  return file;
}

// Serves documents until it is stopped.
export async function serve(study, port = 0) {
  const child = spawn(stage, ["serve", String(port)], { stdio: ["pipe", "pipe", "inherit"] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  const lines = [];
  let wake = () => {};
  let rest = "";
  child.stdout.on("data", (data) => {
    rest += data;
    const parts = rest.split("\n");
    rest = parts.pop();
    lines.push(...parts);
    wake();
  });
  const line = async (at) => {
    while (lines.length <= at) await new Promise((resolve) => (wake = resolve));
    return lines[at];
  };
  let published = 0;
  const publish = async (document) => {
    child.stdin.write(JSON.stringify(document) + "\n");
    await line(++published);
  };
  const tell = (ageMs, state) => child.stdin.write(`told ${ageMs} ${state}\n`);
  const served = Number(await line(0));
  await publish(study);
  const stop = async (signal = "SIGTERM") => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  };
  return { port: served, publish, tell, stop };
}

const opened = new Set();

// What can be said of the pages that are open, when a test does not end: whether they answer, are shown, get frames.
export async function tellOpen() {
  const soon = (promise, ms, otherwise) =>
    Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ms, otherwise))]);
  const look = () => {
    const frame = new Promise((resolve) => requestAnimationFrame(() => resolve("gets frames")));
    const none = new Promise((resolve) => setTimeout(resolve, 1000, "gets no frames"));
    return Promise.race([frame, none]).then(
      (words) => `${document.visibilityState}, ${words}, ${document.querySelectorAll(".plot svg").length} drawings`,
    );
  };
  const told = await Promise.all(
    [...opened].map(
      async (page) => `${page.url()}: ${await soon(page.evaluate(look).catch(String), 5000, "does not answer")}`,
    ),
  );
  return told.join("; ") || "none";
}

// Opens a page and notes what it does. `said` should stay empty; `asked` are the addresses of its requests.
export async function open(browser, address, { width = 1440, mode = "light", reducedMotion = "no-preference" } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 740 : 900 },
    colorScheme: mode,
    reducedMotion,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  opened.add(page);
  page.setDefaultTimeout(10000);
  const said = [],
    asked = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error.stack ?? error)));
  page.on("dialog", (dialog) => (said.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(address.startsWith("/") ? `file://${address}` : address);
  await page.locator("body.ready").waitFor();
  const close = async () => {
    await context.close();
    opened.delete(page);
  };
  return { page, said, asked, close };
}

// Has every figure drawn, as before printing: at once, and without the browser's frames, of which a busy one gives few.
export const drawAll = (page) => page.evaluate(() => dispatchEvent(new Event("beforeprint")));
