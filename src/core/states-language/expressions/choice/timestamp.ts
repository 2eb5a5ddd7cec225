const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * The instant of an ISO-8601 timestamp with `T` and `Z` or an offset, in nanoseconds since 1970; null for anything else.
 * https://states-language.net/spec.html#timestamps
 */
export function instantOf(text: string): bigint | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const millis = Date.parse(local);
  // Date.parse rolls 30 February over into March; Java refuses it.
  if (Number.isNaN(millis) || new Date(millis).toISOString() !== local) return null;
  const offset = offsetMillis(zone);
  return offset === null ? null : BigInt(millis - offset) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function offsetMillis(zone: string): number | null {
  if (zone === 'Z') return 0;
  const digits = zone.replace(':', '').slice(1);
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  if (hours > 18 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
