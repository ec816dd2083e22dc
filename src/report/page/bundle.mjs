// Makes one page of template.html, page.css, page.js and what they import: node bundle.mjs SOURCE OUTPUT, run where
// the node_modules are. What is left to fill in when a report is written stands in double braces.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const source = process.argv[2];
const output = process.argv[3];
const { build } = createRequire(join(process.cwd(), "package.json"))("esbuild");
const common = {
  bundle: true,
  minify: true,
  write: false,
  legalComments: "none",
  charset: "utf8",
  target: "es2022",
  nodePaths: [join(process.cwd(), "node_modules")],
};

const script = await build({ ...common, entryPoints: [join(source, "page.js")], format: "iife", metafile: true });
const style = await build({ ...common, entryPoints: [join(source, "page.css")], target: "chrome115" });
const code = script.outputFiles[0].text.trim().replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");

// What is embedded brings its licence along.
const packages = new Map();
for (const file of Object.keys(script.metafile.inputs)) {
  const at = file.lastIndexOf("node_modules/");
  if (at < 0) continue;
  const parts = file.slice(at + 13).split("/");
  const name = parts[0].startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
  packages.set(name, resolve(file.slice(0, at + 13), name));
}
const escape = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const byLicence = new Map();
for (const [name, folder] of [...packages].sort()) {
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"].map((one) => join(folder, one)).find(existsSync);
  if (!file) throw new Error(`${name}: no licence file, so it cannot be embedded`);
  const words = readFileSync(file, "utf8").trim();
  byLicence.set(words, [...(byLicence.get(words) ?? []), `${name} ${about.version} (${about.license})`]);
}
const notices = [...byLicence]
  .map(([words, names]) => `<pre>${escape(names.join(", "))}\n\n${escape(words)}</pre>`)
  .join("\n");

const css = style.outputFiles[0].text.trim();
if (css.includes("</style")) throw new Error("the style sheet closes its own element");
const hash = "sha256-" + createHash("sha256").update(code).digest("base64");
const filled = { "script-hash": hash, style: css, script: code, notices };
const page = readFileSync(join(source, "template.html"), "utf8").replace(
  /\{\{([a-z-]+)\}\}/g,
  (mark, name) => filled[name] ?? mark,
);
for (const text of [code, css, notices])
  if (/\{\{(title|connect|live|contents|sections|study|cubes)\}\}/.test(text))
    throw new Error("a mark of the template in what is bundled");
writeFileSync(output, page);
console.log(`${output}: ${page.length} characters, ${packages.size} packages`);
