/** One part of a script's output and the exit code of the command that made it. */
export interface Section {
  readonly text: string;
  readonly code: number;
}

/**
 * Takes the output of a script apart at its `@@NONCE name` and `@@NONCE end CODE` lines. A section that was cut off in
 * the middle (the script died, the connection broke) is left out, so that half an answer never passes for a whole one.
 * `nonce` is hexadecimal and new for every run: no text of the machine can pass for a marker.
 */
export function splitSections(output: string, nonce: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>();
  let open: { name: string; start: number } | null = null;
  // A marker without its newline was cut off: `end 1` may have been `end 127`. `m` would see line ends that a shell does not.
  for (const marker of output.matchAll(new RegExp(`(?<=^|\\n)@@${nonce} ([^\\n]*)\\n`, 'g'))) {
    const name = marker[1] ?? '';
    const end = /^end (\d+)$/.exec(name);
    if (end === null) {
      open = { name, start: marker.index + marker[0].length };
    } else if (open !== null) {
      // The script puts a newline of its own in front of every marker.
      const text = output.slice(open.start, Math.max(open.start, marker.index - 1));
      sections.set(open.name, { text, code: Number(end[1]) });
      open = null;
    }
  }
  return sections;
}
