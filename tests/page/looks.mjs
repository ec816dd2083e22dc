// How text looks on the screen: its size, and its contrast to what is painted behind it.

export const numbersOf = (text) =>
  [...text.matchAll(/[-+]?[\d,]*\.?\d+/g)].map(([number]) => Number(number.replaceAll(",", "")));

// Runs in the page. Gives what is smaller than 12 pixels or fainter than 4.5:1 (WCAG 2.2, 1.4.3), each kind once.
export function legibility() {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      known.set(colour, [...context.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(colour);
  };
  const luminance = ([r, g, b]) =>
    [r, g, b]
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const contrast = (a, b) =>
    (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
  const paper = rgba(getComputedStyle(document.body).backgroundColor);

  function behind(element) {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return paper;
  }
  // A text upon a bar: the bar; elsewhere in a drawing the paper, or the halo of the text, which is the paper too.
  function behindText(text) {
    const box = text.getBoundingClientRect();
    const x = box.left + 4,
      y = box.top + box.height / 2;
    for (const rect of text.closest("svg").querySelectorAll(".mark rect")) {
      const area = rect.getBoundingClientRect();
      if (area.left <= x && area.right >= x && area.top <= y && area.bottom >= y)
        return rgba(getComputedStyle(rect).fill);
    }
    return behind(text.closest(".chart"));
  }

  const bad = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (
      !node.textContent.trim() ||
      ["SCRIPT", "STYLE", "NOSCRIPT", "TITLE"].includes(element.tagName.toUpperCase()) ||
      element.closest(".unseen, [hidden], .skip")
    )
      continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const isDrawn = element instanceof SVGElement;
    const size = parseFloat(style.fontSize);
    const text = isDrawn ? element.closest("text") : element;
    const hasHalo = isDrawn && style.stroke !== "none";
    const ratio = contrast(
      rgba(isDrawn ? style.fill : style.color),
      isDrawn ? (hasHalo ? rgba(style.stroke) : behindText(text)) : behind(element),
    );
    const where = `${
      element.closest("section")?.id ?? ""
    } ${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`;
    if (size < 12) bad.set(`${where}: ${size} px`, node.textContent.slice(0, 40));
    if (ratio < 4.5) bad.set(`${where}: contrast ${ratio.toFixed(2)}`, node.textContent.slice(0, 40));
  }
  return [...bad].slice(0, 20).map((one) => one.join(": "));
}

// Machado, Oliveira, Fernandes 2009, at full severity, of linear RGB: as it is, and without red, green or blue cones.
const SIGHTS = [
  [1, 0, 0, 0, 1, 0, 0, 0, 1],
  [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
];

function lab([r, g, b]) {
  const f = (t) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

// How far apart two colours like "#33588e" are (CIE 1976) to whom they are nearest.
export function leastDistance(one, other) {
  const linear = (hex) =>
    [1, 3, 5]
      .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  const seen = (hex, m) => {
    const [r, g, b] = linear(hex);
    const value = (at) => Math.min(1, Math.max(0, m[at] * r + m[at + 1] * g + m[at + 2] * b));
    return lab([value(0), value(3), value(6)]);
  };
  return Math.min(
    ...SIGHTS.map((m) => {
      const [a, b] = [seen(one, m), seen(other, m)];
      return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    }),
  );
}
