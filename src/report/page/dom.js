// Elements, made in one expression.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes))
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A sentence of the document; what stands in `backticks` is a name of the system.
export function sentence(words) {
  return String(words)
    .split("`")
    .map((part, index, all) =>
      index % 2 && index < all.length - 1 ? element("code", {}, part) : index % 2 ? "`" + part : part,
    );
}
