/** What a parser made of a text: the records that are sound, and what is wrong with the others. */
export interface Parsed<T> {
  readonly records: readonly T[];
  /** At most `MOST_PROBLEMS` lines and one that counts the rest. Empty: every record was read. */
  readonly problems: readonly string[];
  /** ISO 8601 date of the newest record, or of the whole where the format dates that; null: nobody told. */
  readonly newest: string | null;
}

const MOST_PROBLEMS = 50;

export interface ProblemLog {
  add(problem: string): void;
  lines(): readonly string[];
}

/** Collects problems of a text that may have millions of them. */
export function problemLog(): ProblemLog {
  const kept: string[] = [];
  let more = 0;
  return {
    add(problem) {
      if (kept.length < MOST_PROBLEMS) kept.push(problem);
      else more += 1;
    },
    lines: () => (more === 0 ? kept : [...kept, `and ${more} more`]),
  };
}

/** A piece of foreign text for a message: quoted, short, without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
