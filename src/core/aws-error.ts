/**
 * An error in AWS's own form, as `{"__type": code, "Message": …}` with a status. Use cases throw it; the gateway writes
 * it. Codes are those of the service's model or of the common errors:
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error's shape, such as `ReasonCode`. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { status?: number; fields?: Record<string, unknown> } = {}) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = options.status ?? 400;
    this.fields = options.fields ?? {};
  }
}
