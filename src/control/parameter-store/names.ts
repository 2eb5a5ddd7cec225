import { AwsError } from '../../core/aws-error.ts';

const CHARACTERS = /^[a-zA-Z0-9_.\-/]+$/;
const LABEL = /^(?!aws|ssm)[a-z_.-][a-z0-9_.-]{0,99}$/i;
const MAX_LEVELS = 15;
/** The ARN before the name counts. */
const MAX_ARN_LENGTH = 1011;

interface Place {
  readonly region: string;
  readonly account: string;
}

/** `/a/b` and `b` are `…:parameter/a/b` and `…:parameter/b`. */
export function parameterArn({ region, account }: Place, name: string): string {
  return `arn:aws:ssm:${region}:${account}:parameter${rooted(name)}`;
}

/** A name as a path: one without a slash stands at the root. */
export function rooted(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}

/**
 * Checks the name of a parameter to write and answers it without the spaces around it.
 * Throws ValidationException, HierarchyLevelLimitExceededException, and AccessDeniedException for AWS's own names.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 */
export function checkName(place: Place, given: string): string {
  const name = given.replace(/^ +| +$/g, '');
  refuseReserved(name);
  if (!name.startsWith('/') && name.includes('/') && CHARACTERS.test(name))
    throw invalid('Parameter name must be a fully qualified name.');
  if (!CHARACTERS.test(name) || name.includes('//')) throw invalid(PATH_RULE);
  if (name.endsWith('/')) throw invalid('Parameter name must not end with slash.');
  if (parameterArn(place, name).length > MAX_ARN_LENGTH)
    throw invalid(`Parameter name: with the ARN before it, it can have ${MAX_ARN_LENGTH} characters at the most.`);
  if (rooted(name).split('/').length - 1 > MAX_LEVELS) throw tooDeep();
  return name;
}

const PATH_RULE =
  'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of ' +
  'sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 ' +
  'symbols .-_';

function refuseReserved(name: string): void {
  const isReserved = /^\/*(?:aws|ssm)/i.test(name);
  const isPath = name.split('/').length > 2;
  if (isReserved && isPath && /^\/aws/i.test(name))
    throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  if (!isReserved) return;
  if (isPath) throw invalid(PATH_RULE);
  throw invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
}

/**
 * Checks the path of a hierarchy and answers it without a slash at its end, the root as an empty text.
 * Throws ValidationException.
 */
export function checkPath(given: string): string {
  const path = given.replace(/^ +| +$/g, '');
  if (!path.startsWith('/') || path.includes('//') || !CHARACTERS.test(path)) {
    throw invalid(
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". ' +
        'It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the ' +
        'following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, ' +
        'if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.',
    );
  }
  const trimmed = path.replace(/\/$/, '');
  if (trimmed.split('/').length - 1 > MAX_LEVELS) throw tooDeep();
  return trimmed;
}

/** What a caller asks for: the names that it may mean, in order, and which version of them. */
export interface Reference {
  readonly names: readonly string[];
  readonly version: { readonly number: number } | { readonly label: string } | 'latest';
  /** `:3` or `:label` as it was given, empty without one. */
  readonly selector: string;
}

/**
 * Reads `name`, `name:version`, `name:label`, or an ARN with one of them. null for what no parameter can be called, or
 * what lies in another account or region.
 */
export function readReference(place: Place, given: string): Reference | null {
  const text = given.replace(/^ +| +$/g, '');
  const arn = /^arn:[a-z-]+:ssm:([^:]*):([^:]*):parameter(\/.*)$/.exec(text);
  if (arn !== null && (arn[1] !== place.region || arn[2] !== place.account)) return null;
  const [name = '', word, ...rest] = (arn?.[3] ?? text).split(':');
  const version = readSelector(word);
  if (!CHARACTERS.test(name) || version === null || rest.length > 0) return null;
  // The ARN of `name` and of `/name` is one and the same.
  const isAmbiguous = arn !== null && name.lastIndexOf('/') === 0;
  return {
    names: isAmbiguous ? [name.slice(1), name] : [name],
    version,
    selector: word === undefined ? '' : `:${word}`,
  };
}

function readSelector(word: string | undefined): Reference['version'] | null {
  if (word === undefined) return 'latest';
  if (/^\d{1,15}$/.test(word)) return { number: Number(word) };
  return isLabel(word) ? { label: word } : null;
}

/** Labels are of letters, digits, `.`, `-` and `_`, and begin neither with a digit nor with `aws` or `ssm`. */
export function isLabel(text: string): boolean {
  return LABEL.test(text);
}

function tooDeep(): AwsError {
  return new AwsError(
    'HierarchyLevelLimitExceededException',
    'A hierarchy can have a maximum of 15 levels. For more information, see Requirements and constraints for parameter names in the Amazon Web Services Systems Manager User Guide.',
  );
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
