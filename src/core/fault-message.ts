/**
 * What an unexpected error says, for people and logs. The words of a query that failed hold its parameters, among them
 * sealed secrets and what users typed: of such an error only the database's own words are told.
 */
export function faultMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('params' in error)) return error.message;
  return error.cause instanceof Error ? error.cause.message : 'A query of the store failed.';
}
