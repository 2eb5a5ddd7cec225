import type { Model } from './model.ts';

const REDACTED = '***Sensitive Data Redacted***';
const LONGEST = 1024;

/** A value as AWS's error texts show it, which is Java's way: `[a, b]`, `{key=value}`, `Tag(key=a, value=b)`. */
export function valueText(model: Model, shapeName: string, value: unknown): string {
  const text = show(model, shapeName, value, LONGEST);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

/** `room` keeps the work small where the value is large: what lies beyond it is not shown anyway. */
function show(model: Model, shapeName: string, value: unknown, room: number): string {
  const shape = model.shapes[shapeName];
  if (value === undefined || value === null) return 'null';
  if (shape === undefined || shape.sensitive === true) return REDACTED;
  if (Array.isArray(value) && shape.type === 'list') {
    return `[${some(value, room, (one) => show(model, shape.member, one, room))}]`;
  }
  if (typeof value === 'object' && shape.type === 'map') {
    const item = ([key, one]: [string, unknown]) => `${plain(key, room)}=${show(model, shape.value, one, room)}`;
    return `{${some(Object.entries(value), room, item)}}`;
  }
  if (typeof value === 'object' && shape.type === 'structure') {
    const given = value as Record<string, unknown>;
    const item = ([name, member]: [string, string]) =>
      `${lowerFirst(name)}=${show(model, member, Object.hasOwn(given, name) ? given[name] : null, room)}`;
    return `${shapeName}(${some(Object.entries(shape.members), room, item)})`;
  }
  return plain(String(value), room);
}

function some<T>(values: readonly T[], room: number, show: (value: T) => string): string {
  const shown: string[] = [];
  let length = 0;
  for (const value of values) {
    if (length > room) break;
    const text = show(value);
    length += text.length + 2;
    shown.push(text);
  }
  return shown.join(', ');
}

/** Characters that do not show, or that no log or database can hold, are written out. */
function plain(text: string, room: number): string {
  return text
    .slice(0, room + 1)
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** AWS writes the members of a path like Java's fields: `BaselineId` is `baselineId`. */
export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
