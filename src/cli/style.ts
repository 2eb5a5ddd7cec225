/** What `paint` needs to know of a stream: `process.stdout` and `process.stderr` are such streams. */
export interface PaintTarget {
  readonly isTTY?: boolean | undefined;
}

export type Paint = (text: string) => string;

export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
}

const plain: Paint = (text) => text;

/** `stop` is the code that ends this attribute alone, so that paints nest. An empty text stays empty. */
function sgr(start: number, stop: number): Paint {
  return (text) => (text === '' ? '' : `\x1b[${start}m${text}\x1b[${stop}m`);
}

const COLOURS: Palette = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
};
const NO_COLOURS: Palette = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };

/**
 * Colours for text that goes to `stream`: only on a terminal, and never where NO_COLOR is set (https://no-color.org)
 * or the terminal calls itself dumb. A file, a pipe and a CI log get plain text.
 */
export function paint(
  stream: PaintTarget,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Palette {
  const wanted = stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return wanted ? COLOURS : NO_COLOURS;
}
