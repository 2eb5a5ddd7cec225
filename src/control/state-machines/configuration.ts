import type { EncryptionConfiguration, LoggingConfiguration, TracingConfiguration } from '@aws-sdk/client-sfn';
import { AwsError } from '../../core/aws-error.ts';

interface Configured {
  readonly loggingConfiguration?: LoggingConfiguration | undefined;
  readonly tracingConfiguration?: TracingConfiguration | undefined;
  readonly encryptionConfiguration?: EncryptionConfiguration | undefined;
}

/** What this server cannot do is refused by AWS's own names: nothing is stored and shown that has no effect. */
export function checkConfiguration(input: Configured): void {
  const { level = 'OFF' } = input.loggingConfiguration ?? {};
  if (level !== 'OFF')
    throw new AwsError(
      'InvalidLoggingConfiguration',
      'Invalid Logging Configuration: this server sends no logs to CloudWatch; GetExecutionHistory has every event.',
    );
  if (input.tracingConfiguration?.enabled === true)
    throw new AwsError('InvalidTracingConfiguration', 'This server sends no traces to X-Ray.');
  if (input.encryptionConfiguration?.type === 'CUSTOMER_MANAGED_KMS_KEY')
    throw new AwsError('InvalidEncryptionConfiguration', 'This server has no KMS keys; use AWS_OWNED_KEY.');
}
