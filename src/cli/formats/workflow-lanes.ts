/** A state of a definition as it is drawn: `depth` branches deep, `lane` the branch that it opens. */
export interface LaneRow {
  readonly name: string;
  readonly type: string;
  readonly depth: number;
  /** Such as `branch 2 of 3`, `for each item`; null for a state that opens none. */
  readonly lane: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** However a definition is nested, a terminal has an edge. */
const DEEPEST = 20;

/**
 * The states of a definition in the order that an execution which goes well comes through them: what is only reached by
 * a choice, or by an error, comes after the way that leads to it. Of what is no definition, nothing.
 */
export function laneRows(definition: unknown): LaneRow[] {
  const rows: LaneRow[] = [];
  addMachine(definition, 0, rows);
  return rows;
}

function addMachine(machine: unknown, depth: number, rows: LaneRow[]): void {
  const { StartAt, States } = fieldsOf(machine);
  const states = fieldsOf(States);
  const seen = new Set<string>();
  const later = [String(StartAt ?? ''), ...Object.keys(states)];
  while (later.length > 0) {
    const name = later.shift() ?? '';
    if (seen.has(name) || !Object.hasOwn(states, name)) continue;
    seen.add(name);
    const state = fieldsOf(states[name]);
    rows.push({ name, type: String(state.Type ?? ''), depth, lane: null });
    if (depth < DEEPEST) addInner(state, depth + 1, rows);
    later.unshift(...nextOf(state));
  }
}

function addInner(state: Fields, depth: number, rows: LaneRow[]): void {
  const branches = Array.isArray(state.Branches) ? state.Branches : [];
  branches.forEach((branch: unknown, index) => {
    if (branches.length > 1)
      rows.push({ name: '', type: '', depth, lane: `branch ${index + 1} of ${branches.length}` });
    addMachine(branch, depth, rows);
  });
  const iterated = state.ItemProcessor ?? state.Iterator;
  if (iterated === undefined) return;
  rows.push({ name: '', type: '', depth, lane: 'for each item' });
  addMachine(iterated, depth, rows);
}

/** The usual way first; where a choice has none, its choices in their order; errors last. */
function nextOf(state: Fields): string[] {
  const targets = (value: unknown) => (Array.isArray(value) ? value.map((one) => fieldsOf(one).Next) : []);
  return [...targets(state.Choices), state.Next, state.Default, ...targets(state.Catch)].filter(
    (name) => typeof name === 'string',
  );
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
