// Figures made anew of a document's cubes: node remade.mjs DOCUMENT [FROM TO OTHER] prints what differs from the
// document's own figures, or, made of the weeks that begin from FROM to TO, from those of the other document, a line
// each; then how many figures and values were compared. Ends with 1 if anything differs.

import { readFileSync } from "node:fs";
import { cubeOf, remake } from "../../src/report/page/remake.js";

const [file, from = null, to = null, other = file] = process.argv.slice(2);
const study = JSON.parse(readFileSync(file));
const wanted = JSON.parse(readFileSync(other));
const isSame = (got, want) =>
  got === null || got === want || (typeof got === "number" && Math.abs(got - want) <= 1e-12 * Math.abs(want));
let figures = 0;
let values = 0;
let differ = 0;
const say = (words) => {
  differ++;
  console.log(words);
};

for (const figure of wanted.figures.filter((one) => cubeOf(one, study.cubes))) {
  const { rows, order } = remake(figure, study.cubes, { from, to }, wanted.header.coverage.from);
  figures++;
  if (rows.length !== figure.rows.length) say(`${figure.id}: ${rows.length} rows, not ${figure.rows.length}`);
  if (figure.chart.series && `${order}` !== `${figure.chart.order}`)
    say(`${figure.id}: in the order ${order}, not ${figure.chart.order}`);
  figure.rows.slice(0, rows.length).forEach((want, index) =>
    want.forEach((value, column) => {
      values += rows[index][column] !== null;
      if (!isSame(rows[index][column], value))
        say(`${figure.id} row ${index}, ${figure.columns[column].name}: ${rows[index][column]}, not ${value}`);
    }),
  );
}
console.log(`${figures} figures, ${values} values, ${differ} differences`);
process.exit(differ > 0 ? 1 : 0);
