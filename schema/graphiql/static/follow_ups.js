// What the answer to one operation of an example gives to the operations after it, so that no id has to be copied.
//
// An example's `follow` says for each such variable where its value stands in an answer, as paths from `data`:
// `startAttempt.attempt.id`. A number is a place in a list, `[choices]` the first entry whose `choices` are not
// empty, and ` or ` separates paths that are tried in turn. A list or an object holds one path for each value.

/** The variables of an example with what this answer gives them. What it does not have stays as it is. */
export function filledIn(variables, follow, data) {
  const found = Object.entries(follow).map(([name, places]) => [name, valueAt(places, data)]);
  return { ...variables, ...Object.fromEntries(found.filter(([, value]) => value !== undefined)) };
}

/** The value for `places`, or undefined when any part of it is missing. */
function valueAt(places, data) {
  if (typeof places === 'string') {
    return places.split(' or ').map((path) => at(path, data)).find((value) => value !== undefined);
  }
  const parts = Object.entries(places).map(([name, inner]) => [name, valueAt(inner, data)]);
  if (parts.some(([, value]) => value === undefined)) return undefined;
  return Array.isArray(places) ? parts.map(([, value]) => value) : Object.fromEntries(parts);
}

const at = (path, data) => path.split('.').reduce(step, data) ?? undefined;

function step(from, name) {
  const [, field] = name.match(/^\[(\w+)\]$/) ?? [];
  return field ? from?.find((entry) => entry[field]?.length) : from?.[name];
}
