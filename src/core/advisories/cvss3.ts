import { type MetricValues, metrics, readMetrics } from './cvss-vector.ts';

/**
 * https://www.first.org/cvss/v3.1/specification-document: metric values in 7.4, equations in 7.1 to 7.3.
 * Version 3.0 differs in one equation, https://www.first.org/cvss/v3.0/specification-document (8.3).
 */
const METRICS = metrics(
  'AV:NALP AC:LH PR:NLH UI:NR S:UC C:HLN I:HLN A:HLN',
  'E:XHFPU RL:XUWTO RC:XCRU',
  'CR:XHML IR:XHML AR:XHML MAV:XNALP MAC:XLH MPR:XNLH MUI:XNR MS:XUC MC:XHLN MI:XHLN MA:XHLN',
);

const IMPACT = { H: 0.56, L: 0.22, N: 0 };
const REQUIREMENT = { X: 1, H: 1.5, M: 1, L: 0.5 };

const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: IMPACT,
  I: IMPACT,
  A: IMPACT,
  E: { X: 1, H: 1, F: 0.97, P: 0.94, U: 0.91 },
  RL: { X: 1, U: 1, W: 0.97, T: 0.96, O: 0.95 },
  RC: { X: 1, C: 1, R: 0.96, U: 0.92 },
  CR: REQUIREMENT,
  IR: REQUIREMENT,
  AR: REQUIREMENT,
};
const PRIVILEGES_UNCHANGED = { N: 0.85, L: 0.62, H: 0.27 };
const PRIVILEGES_CHANGED = { N: 0.85, L: 0.68, H: 0.5 };

export interface Cvss3Score {
  readonly version: '3.0' | '3.1';
  readonly score: number;
}

/**
 * The score of a vector such as `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H`: the environmental one where it defines
 * any metric of that group, else the temporal, which is the base score where no temporal metric is defined.
 * Answers what is wrong where it is no vector.
 */
export function scoreCvss3(vector: string): Cvss3Score | string {
  const version = vector.startsWith('CVSS:3.0/') ? '3.0' : '3.1';
  const prefix = `CVSS:${version}/`;
  if (!vector.startsWith(prefix)) return 'a vector of version 3 starts with CVSS:3.0/ or CVSS:3.1/';
  const values = readMetrics(vector.slice(prefix.length), METRICS, 'free');
  if (typeof values === 'string') return values;
  const isEnvironmental = METRICS.some(({ name, group }) => group === 2 && (values.get(name) ?? 'X') !== 'X');
  const score = isEnvironmental ? environmentalScore(values, version) : baseScore(values);
  return { version, score: roundUp(score * weightOf(values, 'E') * weightOf(values, 'RL') * weightOf(values, 'RC')) };
}

function baseScore(values: MetricValues): number {
  const lost = ['C', 'I', 'A'].map((name) => 1 - weightOf(values, name));
  const impact = 1 - lost.reduce((product, factor) => product * factor, 1);
  const isChanged = values.get('S') === 'C';
  return combine(
    isChanged ? changedImpact(impact, 1, 15) : 6.42 * impact,
    exploitability(values, isChanged),
    isChanged,
  );
}

function environmentalScore(values: MetricValues, version: '3.0' | '3.1'): number {
  const modified = new Map(values);
  for (const [name, value] of values) if (name.startsWith('M') && value !== 'X') modified.set(name.slice(1), value);
  const lost = ['C', 'I', 'A'].map((name) => 1 - weightOf(modified, name) * weightOf(modified, `${name}R`));
  const impact = Math.min(1 - lost.reduce((product, factor) => product * factor, 1), 0.915);
  const isChanged = modified.get('S') === 'C';
  const changed = version === '3.0' ? changedImpact(impact, 1, 15) : changedImpact(impact, 0.9731, 13);
  return combine(isChanged ? changed : 6.42 * impact, exploitability(modified, isChanged), isChanged);
}

function changedImpact(impact: number, factor: number, power: number): number {
  return 7.52 * (impact - 0.029) - 3.25 * (impact * factor - 0.02) ** power;
}

function exploitability(values: MetricValues, isChanged: boolean): number {
  const privileges: Readonly<Record<string, number>> = isChanged ? PRIVILEGES_CHANGED : PRIVILEGES_UNCHANGED;
  const required = privileges[values.get('PR') ?? ''] ?? 0;
  return 8.22 * weightOf(values, 'AV') * weightOf(values, 'AC') * required * weightOf(values, 'UI');
}

function combine(impact: number, exploitable: number, isChanged: boolean): number {
  if (impact <= 0) return 0;
  return roundUp(Math.min((isChanged ? 1.08 : 1) * (impact + exploitable), 10));
}

function weightOf(values: MetricValues, name: string): number {
  return WEIGHTS[name]?.[values.get(name) ?? 'X'] ?? 0;
}

/** Up to one decimal, over integers (appendix A of 3.1): 4.02 becomes 4.1, and 4.0000001, an error of floats, 4.0. */
function roundUp(score: number): number {
  const hundredThousandths = Math.round(score * 100_000);
  return Math.ceil(hundredThousandths / 10_000) / 10;
}
