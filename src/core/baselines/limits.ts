/**
 * What AWS's own API accepts in a patch baseline: lengths in characters, sizes in entries, ends included.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreatePatchBaseline.html
 */
export const LIMITS = {
  name: { min: 3, max: 128 },
  description: { min: 1, max: 1024 },
  filters: { min: 0, max: 4 },
  filterValues: { min: 1, max: 20 },
  filterValue: { min: 1, max: 64 },
  rules: { min: 0, max: 10 },
  approveAfterDays: { min: 0, max: 360 },
  patchIds: { min: 0, max: 50 },
  patchId: { min: 1, max: 100 },
  sources: { min: 0, max: 20 },
  sourceName: { min: 3, max: 50 },
  sourceProducts: { min: 1, max: 20 },
  sourceProduct: { min: 1, max: 128 },
  sourceConfiguration: { min: 1, max: 1024 },
  baselineId: { min: 20, max: 128 },
} as const;

export interface Limit {
  readonly min: number;
  readonly max: number;
}
