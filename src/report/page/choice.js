// What a reader chose to see: weeks from a day to a day, models of one source, of one author, shares or sums. It stands
// in the fragment of the address behind the figure's name, "#S05?from=2025-06-02&source=open", so that a link holds it.
// Pure.

export const SOURCES = new Map([
  ["open", ["Open models", ["Chinese OSS", "RoW OSS"]]],
  ["cn", ["Chinese open models", ["Chinese OSS"]]],
  ["row", ["Other open models", ["RoW OSS"]]],
  ["closed", ["Closed models", ["Closed"]]],
]);
export const MEASURES = new Map([
  ["share", "Shares"],
  ["sum", "Absolute"],
]);

const isDay = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
const isOf = {
  from: isDay,
  to: isDay,
  source: (text) => SOURCES.has(text),
  author: (text) => text !== "",
  as: (text) => MEASURES.has(text),
};

// {id, choice} of a fragment; what cannot be read is not chosen.
export function readFragment(fragment) {
  const [id, ...rest] = fragment.replace(/^#/, "").split("?");
  const given = new URLSearchParams(rest.join("?"));
  const choice = {};
  for (const [name, isGood] of Object.entries(isOf)) {
    const text = given.get(name);
    if (text !== null && isGood(text)) choice[name] = text;
  }
  let name = id;
  try {
    name = decodeURIComponent(id);
  } catch {
    // as it stands
  }
  return { id: name, choice };
}

export function writeFragment(id, choice) {
  const given = new URLSearchParams();
  for (const name of Object.keys(isOf)) if (choice[name]) given.set(name, choice[name]);
  const text = given.toString();
  return `#${encodeURIComponent(id)}${text ? `?${text}` : ""}`;
}

export const isFiltered = (choice) => Boolean(choice.from || choice.to || choice.source || choice.author);
export const isAny = (choice) => isFiltered(choice) || Boolean(choice.as);
