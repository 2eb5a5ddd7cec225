import { AwsError } from '../../core/aws-error.ts';

export type Tier = 'Standard' | 'Advanced';
export type AskedTier = Tier | 'Intelligent-Tiering';

const MAX_BYTES = { Standard: 4096, Advanced: 8192 } as const;
/** https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm */
export const MAX_PARAMETERS = { Standard: 10_000, Advanced: 100_000 } as const;

interface Needs {
  readonly present: Tier | null;
  readonly bytes: number;
  readonly hasPolicies: boolean;
  /** Whether the account has as many standard parameters as it may. */
  readonly isStandardFull: boolean;
}

/**
 * The tier that a parameter gets. An advanced one stays advanced; Intelligent-Tiering takes Advanced only where the
 * value, the policies or the number of parameters need it. Throws ValidationException.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
 */
export function tierFor(asked: AskedTier | undefined, byDefault: AskedTier, needs: Needs): Tier {
  const { present, bytes, hasPolicies, isStandardFull } = needs;
  if (present === 'Advanced' && asked === 'Standard') {
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    );
  }
  const wanted = asked ?? byDefault;
  const isNeeded = bytes > MAX_BYTES.Standard || hasPolicies || (present === null && isStandardFull);
  const isAdvanced = present === 'Advanced' || wanted === 'Advanced' || (wanted !== 'Standard' && isNeeded);
  const tier = isAdvanced ? 'Advanced' : 'Standard';
  if (tier === 'Standard' && hasPolicies)
    throw invalid('Parameter policies need the advanced-parameter tier: set Tier to Advanced or Intelligent-Tiering.');
  if (bytes > MAX_BYTES[tier]) throw invalid(TOO_LONG[tier]);
  return tier;
}

const TOO_LONG = {
  Standard:
    'Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html',
  Advanced: 'Advanced tier parameters support a maximum parameter value of 8192 characters.',
} as const;

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
