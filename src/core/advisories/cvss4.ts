import { type MetricValues, metrics, readMetrics } from './cvss-vector.ts';
import { MACRO_VECTOR_SCORES } from './cvss4-macrovectors.data.ts';

/**
 * https://www.first.org/cvss/v4.0/specification-document: metrics and their order in table 23, scoring in 8.
 * The order is asked for group by group only: calculators wrote VC, SC, VI, SI for a time, and published vectors do.
 */
const METRICS = metrics(
  'AV:NALP AC:LH AT:NP PR:NLH UI:NPA VC:HLN VI:HLN VA:HLN SC:HLN SI:HLN SA:HLN',
  'E:XAPU',
  'CR:XHML IR:XHML AR:XHML MAV:XNALP MAC:XLH MAT:XNP MPR:XNLH MUI:XNPA MVC:XHLN MVI:XHLN MVA:XHLN MSC:XHLN MSI:XSHLN MSA:XSHLN',
  'S:XNP AU:XNY R:XAUI V:XDC RE:XLMH U:X,Clear,Green,Amber,Red',
);

/** Values of a metric from the most severe on; their places are the distances that severities lie apart. */
const SEVERITIES: Readonly<Record<string, string>> = {
  AV: 'NALP',
  PR: 'NLH',
  UI: 'NPA',
  AC: 'LH',
  AT: 'NP',
  VC: 'HLN',
  VI: 'HLN',
  VA: 'HLN',
  SC: 'SHLN',
  SI: 'SHLN',
  SA: 'SHLN',
  CR: 'HML',
  IR: 'HML',
  AR: 'HML',
};

/** Equivalence classes that are judged together: what they look at, and per level its most severe values and depth. */
interface EquivalenceClass {
  readonly metrics: readonly string[];
  readonly levels: Readonly<Record<string, { readonly highest: readonly string[]; readonly depth: number }>>;
}

const EQ1: EquivalenceClass = {
  metrics: ['AV', 'PR', 'UI'],
  levels: {
    0: { highest: ['NNN'], depth: 1 },
    1: { highest: ['ANN', 'NLN', 'NNP'], depth: 4 },
    2: { highest: ['PNN', 'ALP'], depth: 5 },
  },
};
const EQ2: EquivalenceClass = {
  metrics: ['AC', 'AT'],
  levels: { 0: { highest: ['LN'], depth: 1 }, 1: { highest: ['HN', 'LP'], depth: 2 } },
};
const EQ3_AND_6: EquivalenceClass = {
  metrics: ['VC', 'VI', 'VA', 'CR', 'IR', 'AR'],
  levels: {
    '00': { highest: ['HHHHHH'], depth: 7 },
    '01': { highest: ['HHLMMH', 'HHHMMM'], depth: 6 },
    10: { highest: ['LHHHHH', 'HLHHHH'], depth: 8 },
    11: { highest: ['LHLHMH', 'LHHHMM', 'HLHMHM', 'HLLMHH', 'LLHHHM'], depth: 8 },
    21: { highest: ['LLLHHH'], depth: 10 },
  },
};
const EQ4: EquivalenceClass = {
  metrics: ['SC', 'SI', 'SA'],
  levels: {
    0: { highest: ['HSS'], depth: 6 },
    1: { highest: ['HHH'], depth: 5 },
    2: { highest: ['LLL'], depth: 4 },
  },
};

/** Levels of the equivalence classes 1 to 6; the lower, the more severe. */
type MacroVector = readonly [number, number, number, number, number, number];

/**
 * The score of a vector such as `CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N` with whatever threat
 * and environmental metrics it defines. Answers what is wrong where it is no vector.
 */
export function scoreCvss4(vector: string): number | string {
  const prefix = 'CVSS:4.0/';
  if (!vector.startsWith(prefix)) return `a vector of version 4 starts with ${prefix}`;
  const values = readMetrics(vector.slice(prefix.length), METRICS, 'groups');
  if (typeof values === 'string') return values;
  const effective = effectiveValues(values);
  if (['VC', 'VI', 'VA', 'SC', 'SI', 'SA'].every((name) => effective.get(name) === 'N')) return 0;
  const macro = macroVectorOf(effective);
  const score = scoreOf(macro) ?? 0;
  const steps = stepsDown(effective, macro, score);
  const mean = steps.length === 0 ? 0 : steps.reduce((sum, step) => sum + step, 0) / steps.length;
  // The small addend heals halves that binary fractions miss by a hair.
  return Math.round(Math.min(Math.max(score - mean, 0), 100) + 1e-6) / 10;
}

/** What counts in the end: modified values over base values; where nothing is said, the worst threat. */
function effectiveValues(values: MetricValues): MetricValues {
  const effective = new Map(values);
  for (const [name, value] of values) if (name.startsWith('M') && value !== 'X') effective.set(name.slice(1), value);
  for (const name of ['CR', 'IR', 'AR']) if ((effective.get(name) ?? 'X') === 'X') effective.set(name, 'H');
  if ((effective.get('E') ?? 'X') === 'X') effective.set('E', 'A');
  return effective;
}

function macroVectorOf(values: MetricValues): MacroVector {
  const is = (name: string, value: string): boolean => values.get(name) === value;
  const open = [is('AV', 'N'), is('PR', 'N'), is('UI', 'N')];
  const eq1 = open.every(Boolean) ? 0 : open.some(Boolean) && !is('AV', 'P') ? 1 : 2;
  const eq2 = is('AC', 'L') && is('AT', 'N') ? 0 : 1;
  const eq3 = is('VC', 'H') && is('VI', 'H') ? 0 : is('VC', 'H') || is('VI', 'H') || is('VA', 'H') ? 1 : 2;
  const isSafety = is('SI', 'S') || is('SA', 'S');
  const eq4 = isSafety ? 0 : is('SC', 'H') || is('SI', 'H') || is('SA', 'H') ? 1 : 2;
  const eq5 = 'APU'.indexOf(values.get('E') ?? 'A');
  const eq6 = ['C', 'I', 'A'].some((asset) => is(`${asset}R`, 'H') && is(`V${asset}`, 'H')) ? 0 : 1;
  return [eq1, eq2, eq3, eq4, eq5, eq6];
}

/** The score of a macro vector in tenths; undefined where there is none such. */
function scoreOf([eq1, eq2, eq3, eq4, eq5, eq6]: MacroVector): number | undefined {
  const row = MACRO_VECTOR_SCORES[`${eq1}${eq2}${eq3}`]?.[eq4];
  if (eq6 > 1 || (eq3 === 2 && eq6 === 0)) return undefined;
  return row?.[eq3 === 2 ? eq5 : eq5 * 2 + eq6];
}

/**
 * How far each class pulls the score down: the part of its depth that the values lie below the most severe of their
 * level, of the difference to the score of the next lower level. A class without a lower level does not count.
 */
function stepsDown(values: MetricValues, macro: MacroVector, score: number): number[] {
  const [eq1, eq2, eq3, eq4, eq5, eq6] = macro;
  const step = (lower: number | undefined, share: number): number[] =>
    lower === undefined ? [] : [(score - lower) * share];
  return [
    ...step(scoreOf([eq1 + 1, eq2, eq3, eq4, eq5, eq6]), shareOf(EQ1, `${eq1}`, values)),
    ...step(scoreOf([eq1, eq2 + 1, eq3, eq4, eq5, eq6]), shareOf(EQ2, `${eq2}`, values)),
    ...step(lowerOfImpact(macro), shareOf(EQ3_AND_6, `${eq3}${eq6}`, values)),
    ...step(scoreOf([eq1, eq2, eq3, eq4 + 1, eq5, eq6]), shareOf(EQ4, `${eq4}`, values)),
    ...step(scoreOf([eq1, eq2, eq3, eq4, eq5 + 1, eq6]), 0),
  ];
}

/** Classes 3 and 6 go down together: 00 to the higher of 01 and 10, 01 and 10 to 11, 11 to 21. */
function lowerOfImpact([eq1, eq2, eq3, eq4, eq5, eq6]: MacroVector): number | undefined {
  const byImpact = scoreOf([eq1, eq2, eq3 + 1, eq4, eq5, eq6]);
  const byRequirement = scoreOf([eq1, eq2, eq3, eq4, eq5, eq6 + 1]);
  if (eq6 === 1) return byImpact;
  return eq3 === 0 ? Math.max(byImpact ?? 0, byRequirement ?? 0) : byRequirement;
}

function shareOf(eq: EquivalenceClass, level: string, values: MetricValues): number {
  const { highest, depth } = eq.levels[level] ?? { highest: [], depth: 1 };
  for (const candidate of highest) {
    const distances = eq.metrics.map((name, i) => {
      const order = SEVERITIES[name] ?? '';
      return order.indexOf(values.get(name) ?? '') - order.indexOf(candidate.charAt(i));
    });
    if (distances.every((distance) => distance >= 0))
      return distances.reduce((sum, distance) => sum + distance, 0) / depth;
  }
  return 0;
}
