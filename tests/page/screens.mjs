// Every figure of a page as it looks, to be looked at: node screens.mjs PAGE FOLDER [WIDTH MODE]...
// By default at 1440 and 390 pixels, light and dark: FOLDER/1440-light/S01.png, ..., and sheets of them in FOLDER. Run
// with PAGE_STAGE and PAGE_MODULES as page_test.mjs is.

import { mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { chromium, drawAll, open } from "./harness.mjs";

const [page, folder, ...wanted] = process.argv.slice(2);
if (!page || !folder) {
  console.error("usage: node screens.mjs PAGE FOLDER [WIDTH MODE]...");
  process.exit(64);
}
const all = ["1440", "light", "1440", "dark", "390", "light", "390", "dark"];
const looks = wanted.length ? wanted : all;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--force-color-profile=srgb"],
});

// Pictures beside each other, so many in a row, each cut where it gets long.
async function sheet(name, files, columns, width) {
  const context = await browser.newContext({ viewport: { width: columns * width, height: 800 } });
  const view = await context.newPage();
  const height = width < 500 ? 2.4 * width : 0.7 * width;
  const style = `width:${width}px;max-height:${height}px;vertical-align:top;object-fit:cover;object-position:top`;
  const images = files.map((file) => {
    const data = readFileSync(file).toString("base64");
    return `<img style="${style}" src="data:image/png;base64,${data}">`;
  });
  await view.setContent(`<body style="margin:0;font-size:0">${images.join("")}`);
  await view.screenshot({ path: name, fullPage: true });
  await context.close();
}

for (let at = 0; at < looks.length; at += 2) {
  const [width, mode] = looks.slice(at, at + 2);
  const name = `${width}-${mode}`;
  const target = `${folder}/${name}`;
  mkdirSync(target, { recursive: true });
  const visited = await open(browser, resolve(page), { width: Number(width), mode });
  await drawAll(visited.page);
  const ids = await visited.page.$$eval("section.figure", (list) => list.map((one) => one.id));
  for (const id of ids) await visited.page.locator(`#${id}`).screenshot({ path: `${target}/${id}.png` });
  await visited.close();
  const [columns, size, rows] = Number(width) < 500 ? [6, 362, 1] : [2, 900, 2];
  for (let first = 0; first < ids.length; first += columns * rows) {
    const some = ids.slice(first, first + columns * rows);
    const files = some.map((id) => `${target}/${id}.png`);
    await sheet(`${folder}/${name}-${some[0]}.png`, files, columns, size);
  }
  console.log(`${ids.length} figures in ${target}, what the page said: ${visited.said.join("; ") || "nothing"}`);
}
await browser.close();
