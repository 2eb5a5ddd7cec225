import { AwsError } from '../../core/aws-error.ts';

/**
 * The characters that no name of Step Functions may have: white space, brackets, wildcards, special and control ones.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
 */
const FORBIDDEN =
  /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/;

/** Of a state machine, an execution or an activity. Throws InvalidName. */
export function checkName(name: string): string {
  if (name.length < 1 || name.length > 80 || FORBIDDEN.test(name))
    throw new AwsError('InvalidName', `Invalid Name: '${name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')}'`);
  return name;
}
