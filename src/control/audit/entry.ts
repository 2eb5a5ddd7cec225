/** One call that changed something, or tried to. */
export interface AuditEntry {
  readonly account: string;
  readonly at: Date;
  /** The caller's ARN, or `anonymous`. */
  readonly principal: string;
  readonly sourceIp: string;
  readonly service: string;
  readonly operation: string;
  readonly requestId: string;
  /** As `redact` leaves it. */
  readonly input: Readonly<Record<string, unknown>>;
  /** `ok`, or the error's code. */
  readonly result: string;
}
