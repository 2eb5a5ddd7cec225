import type { ComplianceStringFilter } from '@aws-sdk/client-ssm';
import { AwsError } from '../../core/aws-error.ts';

/** What a filter is held against: the text of each key; one that is missing is as the empty text. */
export type Subject = Readonly<Record<string, string | Date | null>>;

/** Refuses keys that the list does not know. Throws InvalidFilter. */
export function checkFilters(filters: readonly ComplianceStringFilter[], keys: readonly string[]): void {
  for (const { Key = '', Values = [] } of filters) {
    if (!keys.includes(Key)) throw new AwsError('InvalidFilter', `The filter key is not valid: ${Key}`);
    if (Values.length === 0) throw new AwsError('InvalidFilter', `The filter ${Key} has no values.`);
    const isTime = Key === 'ExecutionTime';
    if (isTime && Values.some((value) => Number.isNaN(Date.parse(value))))
      throw new AwsError('InvalidFilter', 'The values of the filter ExecutionTime must be times in ISO 8601.');
  }
}

/** Whether all filters hold; the values of one are alternatives, but for NOT_EQUAL, which wants none of them. */
export function meetsAll(subject: Subject, filters: readonly ComplianceStringFilter[]): boolean {
  return filters.every((filter) => meets(subject[filter.Key ?? ''] ?? '', filter));
}

function meets(present: string | Date, { Values = [], Type = 'EQUAL' }: ComplianceStringFilter): boolean {
  const orders = Values.map((value) => compare(present, value));
  if (Type === 'EQUAL') return orders.includes(0);
  if (Type === 'NOT_EQUAL') return !orders.includes(0);
  if (Type === 'LESS_THAN') return orders.some((order) => order < 0);
  if (Type === 'GREATER_THAN') return orders.some((order) => order > 0);
  const text = present instanceof Date ? present.toISOString() : present;
  return Values.some((value) => text.startsWith(value));
}

function compare(present: string | Date, value: string): number {
  if (present instanceof Date) return Math.sign(present.getTime() - Date.parse(value));
  const isNumeric = [present, value].every((text) => /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text));
  if (isNumeric) return Math.sign(Number(present) - Number(value));
  if (present === value) return 0;
  return present < value ? -1 : 1;
}
