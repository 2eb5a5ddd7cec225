import { z } from 'zod';
import { AwsError } from '../../core/aws-error.ts';

const MAX_POLICIES = 10;
const amount = z.union([z.string().regex(/^[1-9]\d{0,4}$/), z.int().min(1).max(99_999)]);
const unit = z.enum(['Days', 'Hours']);

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html */
const ATTRIBUTES = {
  Expiration: z.strictObject({ Timestamp: z.iso.datetime({ offset: true }) }),
  ExpirationNotification: z.strictObject({ Before: amount, Unit: unit }),
  NoChangeNotification: z.strictObject({ After: amount, Unit: unit }),
} as const;

const POLICY = z.object({
  Type: z.string(),
  Version: z.literal('1.0').optional(),
  Attributes: z.record(z.string(), z.unknown()).default({}),
});

/** A policy as it is stored and shown. */
export interface Policy {
  readonly PolicyText: string;
  readonly PolicyType: keyof typeof ATTRIBUTES;
  readonly PolicyStatus: 'Pending';
}

export interface Policies {
  readonly list: readonly Policy[];
  readonly expiresAt: Date | null;
}

/**
 * Reads the JSON list of `PutParameter`; `[]` and `[{}]` mean none. Throws ValidationException,
 * PoliciesLimitExceededException, InvalidPolicyTypeException, InvalidPolicyAttributeException and
 * IncompatiblePolicyException.
 */
export function readPolicies(text: string, now: Date): Policies {
  const entries = readList(text).filter((entry) => Object.keys(entry).length > 0);
  if (entries.length > MAX_POLICIES) {
    const message = `You specified more than the maximum number of allowed policies for the parameter. The maximum is ${MAX_POLICIES}.`;
    throw new AwsError('PoliciesLimitExceededException', message);
  }
  const list = entries.map(readPolicy);
  const expirations = list.filter(({ PolicyType }) => PolicyType === 'Expiration');
  if (expirations.length > 1)
    throw new AwsError('IncompatiblePolicyException', 'A parameter can have one Expiration policy at the most.');
  const expiresAt = expirations[0] === undefined ? null : expiryOf(expirations[0]);
  if (expiresAt !== null && expiresAt <= now)
    throw new AwsError(
      'InvalidPolicyAttributeException',
      'The Timestamp of an Expiration policy must lie in the future.',
    );
  return { list, expiresAt };
}

function readList(text: string): object[] {
  const parsed = z.array(z.looseObject({})).safeParse(parse(text));
  if (!parsed.success) throw new AwsError('ValidationException', 'Policies must be a JSON list of policies.');
  return parsed.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readPolicy(entry: object): Policy {
  const policy = POLICY.safeParse(entry);
  if (!policy.success)
    throw new AwsError('InvalidPolicyAttributeException', 'A policy needs Type, Version "1.0" and Attributes.');
  const { Type, Attributes } = policy.data;
  if (!isPolicyType(Type)) {
    const message = `The policy type isn't supported: ${Type}. Parameter Store supports the following policy types: Expiration, ExpirationNotification, and NoChangeNotification.`;
    throw new AwsError('InvalidPolicyTypeException', message);
  }
  const attributes = ATTRIBUTES[Type].safeParse(Attributes);
  if (!attributes.success) {
    const where = attributes.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new AwsError(
      'InvalidPolicyAttributeException',
      `The attributes of the ${Type} policy are not valid: ${where}`,
    );
  }
  return { PolicyText: JSON.stringify(entry), PolicyType: Type, PolicyStatus: 'Pending' };
}

function isPolicyType(type: string): type is keyof typeof ATTRIBUTES {
  return Object.hasOwn(ATTRIBUTES, type);
}

/** When the policies of a stored version end it. */
export function expiryOf(policy: Policy): Date {
  const { Attributes } = JSON.parse(policy.PolicyText) as { Attributes: { Timestamp: string } };
  return new Date(Attributes.Timestamp);
}
