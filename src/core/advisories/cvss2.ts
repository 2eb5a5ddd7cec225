import { type MetricValues, metrics, readMetrics } from './cvss-vector.ts';

/** https://www.first.org/cvss/v2/guide: the metrics in 2.1 to 2.3, their order in 2.4, the equations in 3.2. */
const METRICS = metrics(
  'AV:LAN AC:HML Au:MSN C:NPC I:NPC A:NPC',
  'E:U,POC,F,H,ND RL:OF,TF,W,U,ND RC:UC,UR,C,ND',
  'CDP:N,L,LM,MH,H,ND TD:N,L,M,H,ND CR:L,M,H,ND IR:L,M,H,ND AR:L,M,H,ND',
);

const IMPACT = { N: 0, P: 0.275, C: 0.66 };
const REQUIREMENT = { L: 0.5, M: 1, H: 1.51, ND: 1 };

const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { L: 0.395, A: 0.646, N: 1 },
  AC: { H: 0.35, M: 0.61, L: 0.71 },
  Au: { M: 0.45, S: 0.56, N: 0.704 },
  C: IMPACT,
  I: IMPACT,
  A: IMPACT,
  E: { U: 0.85, POC: 0.9, F: 0.95, H: 1, ND: 1 },
  RL: { OF: 0.87, TF: 0.9, W: 0.95, U: 1, ND: 1 },
  RC: { UC: 0.9, UR: 0.95, C: 1, ND: 1 },
  CDP: { N: 0, L: 0.1, LM: 0.3, MH: 0.4, H: 0.5, ND: 0 },
  TD: { N: 0, L: 0.25, M: 0.75, H: 1, ND: 1 },
  CR: REQUIREMENT,
  IR: REQUIREMENT,
  AR: REQUIREMENT,
};

/**
 * The score of a CVSS 2 vector, such as `AV:N/AC:L/Au:N/C:N/I:N/A:C`: the environmental one where its group is there,
 * else the temporal, else the base score. Answers what is wrong where it is no vector.
 */
export function scoreCvss2(vector: string): number | string {
  const values = readMetrics(vector, METRICS, 'fixed');
  if (typeof values === 'string') return values;
  for (const group of [1, 2]) {
    const members = METRICS.filter((metric) => metric.group === group);
    const missing = members.find(({ name }) => !values.has(name));
    if (missing !== undefined && members.some(({ name }) => values.has(name))) return `${missing.name} is missing`;
  }
  const weight = (name: string): number => weightOf(values, name);
  const isEnvironmental = values.has('CDP');
  const base = baseScore(weight, isEnvironmental ? adjustedImpact(weight) : impact(weight));
  const temporal = round(base * weight('E') * weight('RL') * weight('RC'));
  return isEnvironmental ? round((temporal + (10 - temporal) * weight('CDP')) * weight('TD')) : temporal;
}

type Weight = (name: string) => number;

function weightOf(values: MetricValues, name: string): number {
  return WEIGHTS[name]?.[values.get(name) ?? 'ND'] ?? 0;
}

function impact(weight: Weight): number {
  return 10.41 * (1 - (1 - weight('C')) * (1 - weight('I')) * (1 - weight('A')));
}

function adjustedImpact(weight: Weight): number {
  const lost = ['C', 'I', 'A'].map((name) => 1 - weight(name) * weight(`${name}R`));
  return Math.min(10, 10.41 * (1 - lost.reduce((product, factor) => product * factor, 1)));
}

function baseScore(weight: Weight, impactScore: number): number {
  const exploitability = 20 * weight('AV') * weight('AC') * weight('Au');
  return round((0.6 * impactScore + 0.4 * exploitability - 1.5) * (impactScore === 0 ? 0 : 1.176));
}

/** To one decimal. The small addend heals sums such as 4.35 that binary fractions miss by a hair. */
function round(score: number): number {
  return Math.round(score * 10 + 1e-9) / 10;
}
