// A figure as one picture: its words, its drawing, its legend and its source line, as they stand on the page, with
// every colour written out, so that the file needs nothing else.

const SVG = "http://www.w3.org/2000/svg";
const PAD = 16;
const WORDS = [
  "h3, .measure, .about, .view, .axis-title, .chart h4, .sizes, .fit-key",
  ".legend button span, .cohort-key span, .source",
].join(", ");
const PAINT = ["fill", "stroke", "fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray", "opacity"];
const TYPE = ["font-size", "font-family", "font-weight", "text-anchor", "font-variant"];

function make(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// A copy of a drawing that says what the style sheet said.
function copyOf(svg) {
  const copy = svg.cloneNode(true);
  const [from, to] = [svg, copy].map((one) => [...one.querySelectorAll("*")]);
  from.forEach((one, index) => {
    if (!(one instanceof SVGElement) || one.tagName === "style") return;
    const style = getComputedStyle(one);
    for (const name of one.tagName === "text" || one.tagName === "tspan" ? [...PAINT, ...TYPE] : PAINT)
      to[index].setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "style"]) to[index].removeAttribute(name);
  });
  for (const sheet of copy.querySelectorAll("style")) sheet.remove();
  for (const name of ["class", "style"]) copy.removeAttribute(name);
  copy.setAttribute("overflow", "visible");
  return copy;
}

// One line of text for each that the element takes on the page.
function linesOf(element, left, top) {
  const style = getComputedStyle(element);
  const range = document.createRange();
  const lines = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data } = walker.currentNode;
    for (const match of data.matchAll(/\S+/g)) {
      range.setStart(walker.currentNode, match.index);
      range.setEnd(walker.currentNode, match.index + match[0].length);
      const box = range.getBoundingClientRect();
      const last = lines.at(-1);
      if (last && Math.abs(last.bottom - box.bottom) < 6) last.words += ` ${match[0]}`;
      else lines.push({ words: match[0], x: box.left - left, bottom: box.bottom, height: box.height });
    }
  }
  return lines.map((line) => {
    const text = make("text", {
      x: line.x,
      y: line.bottom - top - 0.24 * line.height,
      fill: style.color,
      "font-family": style.fontFamily,
      "font-size": style.fontSize,
      "font-weight": style.fontWeight,
    });
    text.textContent = line.words;
    return text;
  });
}

// The picture of a section, which is drawn and shown.
export function pictureOf(section) {
  const box = section.getBoundingClientRect();
  const end = section.querySelector(":scope > .source").getBoundingClientRect().bottom;
  const [left, top] = [box.left - PAD, box.top - PAD];
  const [width, height] = [Math.ceil(box.width + 2 * PAD), Math.ceil(end - box.top + 2 * PAD)];
  const picture = make("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` });
  picture.append(make("rect", { width, height, fill: getComputedStyle(document.body).backgroundColor }));
  for (const svg of section.querySelectorAll(".plot svg")) {
    const place = svg.getBoundingClientRect();
    const copy = copyOf(svg);
    for (const [name, value] of [
      ["x", place.left - left],
      ["y", place.top - top],
      ["width", place.width],
      ["height", place.height],
    ])
      copy.setAttribute(name, value);
    picture.append(copy);
  }
  for (const element of section.querySelectorAll(WORDS))
    if (element.getClientRects().length) picture.append(...linesOf(element, left, top));
  return { text: new XMLSerializer().serializeToString(picture), width, height };
}

// The same as dots, twice as fine as it is on the page: a promise of a PNG.
export async function dotsOf({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  context.drawImage(image, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
