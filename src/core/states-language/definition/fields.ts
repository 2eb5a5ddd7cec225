import type { QueryLanguage, StateType } from './types.ts';

/** What a field may hold; `path`, `reference` and `template` are JSONPath's. */
export type Kind =
  | 'any'
  | 'text'
  | 'flag'
  | 'object'
  | 'list'
  | 'path'
  | 'pathOrNull'
  | 'referenceOrNull'
  | 'expression'
  | 'template'
  | 'count'
  | 'positive'
  | 'number'
  | 'timestamp'
  | 'jsonata'
  | 'countOrJsonata'
  | 'positiveOrJsonata'
  | 'numberOrJsonata'
  | 'timestampOrJsonata'
  | 'textOrJsonata'
  | 'arrayOrJsonata';
export type Fields = Readonly<Record<string, Kind>>;

const COMMON: Fields = { Type: 'text', Comment: 'text', QueryLanguage: 'text' };
const ONWARD: Fields = { Next: 'text', End: 'flag' };
const HANDLERS: Fields = { Retry: 'list', Catch: 'list' };
const TASK: Fields = { Resource: 'text', Credentials: 'object' };
const MAP: Fields = {
  ItemProcessor: 'object',
  Iterator: 'object',
  ItemBatcher: 'object',
  ItemReader: 'object',
  ResultWriter: 'object',
  Label: 'text',
};

const PATHS: Fields = { InputPath: 'pathOrNull', OutputPath: 'pathOrNull' };
const RESULT: Fields = { ResultPath: 'referenceOrNull', ResultSelector: 'template' };
const ASSIGN: Fields = { Assign: 'template' };

const JSONPATH: Readonly<Record<StateType, Fields>> = {
  Pass: { ...PATHS, ...ONWARD, ...ASSIGN, Result: 'any', ResultPath: 'referenceOrNull', Parameters: 'template' },
  Succeed: PATHS,
  Fail: { Error: 'text', Cause: 'text', ErrorPath: 'expression', CausePath: 'expression' },
  Wait: {
    ...PATHS,
    ...ONWARD,
    ...ASSIGN,
    Seconds: 'count',
    Timestamp: 'timestamp',
    SecondsPath: 'path',
    TimestampPath: 'path',
  },
  Choice: { ...PATHS, ...ASSIGN, Choices: 'list', Default: 'text' },
  Task: {
    ...PATHS,
    ...ONWARD,
    ...ASSIGN,
    ...RESULT,
    ...HANDLERS,
    ...TASK,
    Parameters: 'template',
    TimeoutSeconds: 'positive',
    TimeoutSecondsPath: 'path',
    HeartbeatSeconds: 'positive',
    HeartbeatSecondsPath: 'path',
  },
  Parallel: { ...PATHS, ...ONWARD, ...ASSIGN, ...RESULT, ...HANDLERS, Branches: 'list', Parameters: 'template' },
  Map: {
    ...PATHS,
    ...ONWARD,
    ...ASSIGN,
    ...RESULT,
    ...HANDLERS,
    ...MAP,
    ItemsPath: 'path',
    ItemSelector: 'template',
    Parameters: 'template',
    MaxConcurrency: 'count',
    MaxConcurrencyPath: 'path',
    ToleratedFailureCount: 'count',
    ToleratedFailureCountPath: 'path',
    ToleratedFailurePercentage: 'number',
    ToleratedFailurePercentagePath: 'path',
  },
};

const OUT: Fields = { Output: 'jsonata', Assign: 'jsonata' };
const JSONATA: Readonly<Record<StateType, Fields>> = {
  Pass: { ...ONWARD, ...OUT },
  Succeed: { Output: 'jsonata' },
  Fail: { Error: 'textOrJsonata', Cause: 'textOrJsonata' },
  Wait: { ...ONWARD, ...OUT, Seconds: 'countOrJsonata', Timestamp: 'timestampOrJsonata' },
  Choice: { ...OUT, Choices: 'list', Default: 'text' },
  Task: {
    ...ONWARD,
    ...OUT,
    ...HANDLERS,
    ...TASK,
    Arguments: 'jsonata',
    TimeoutSeconds: 'positiveOrJsonata',
    HeartbeatSeconds: 'positiveOrJsonata',
  },
  Parallel: { ...ONWARD, ...OUT, ...HANDLERS, Branches: 'list', Arguments: 'jsonata' },
  Map: {
    ...ONWARD,
    ...OUT,
    ...HANDLERS,
    ...MAP,
    Items: 'arrayOrJsonata',
    ItemSelector: 'jsonata',
    MaxConcurrency: 'countOrJsonata',
    ToleratedFailureCount: 'countOrJsonata',
    ToleratedFailurePercentage: 'numberOrJsonata',
  },
};

export function fieldsOf(type: StateType, language: QueryLanguage): Fields {
  return { ...COMMON, ...(language === 'JSONata' ? JSONATA : JSONPATH)[type] };
}

export const MACHINE_FIELDS: Fields = {
  StartAt: 'text',
  States: 'object',
  Comment: 'text',
  QueryLanguage: 'text',
  Version: 'text',
  TimeoutSeconds: 'positive',
};
export const INNER_FIELDS: Fields = { StartAt: 'text', States: 'object', Comment: 'text', ProcessorConfig: 'object' };

/** What CSVDelimiter may name. */
export const DELIMITERS: Readonly<Record<string, string>> = {
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  SPACE: ' ',
  TAB: '\t',
};

const PLACE: Fields = { Resource: 'text', ReaderConfig: 'object' };
export const READER: Readonly<Record<QueryLanguage, Fields>> = {
  JSONPath: { ...PLACE, Parameters: 'template' },
  JSONata: { ...PLACE, Arguments: 'jsonata' },
};
const CONFIG: Fields = {
  InputType: 'text',
  CSVHeaderLocation: 'text',
  CSVHeaders: 'list',
  CSVDelimiter: 'text',
  ItemsPointer: 'text',
  ManifestType: 'text',
};
export const READER_CONFIG: Readonly<Record<QueryLanguage, Fields>> = {
  JSONPath: { ...CONFIG, MaxItems: 'count', MaxItemsPath: 'path' },
  JSONata: { ...CONFIG, MaxItems: 'countOrJsonata' },
};
export const WRITER: Readonly<Record<QueryLanguage, Fields>> = {
  JSONPath: { Resource: 'text', WriterConfig: 'object', Parameters: 'template' },
  JSONata: { Resource: 'text', WriterConfig: 'object', Arguments: 'jsonata' },
};
export const WRITER_CONFIG: Fields = { OutputType: 'text', Transformation: 'text' };

export const RETRIER: Fields = {
  ErrorEquals: 'list',
  IntervalSeconds: 'positive',
  MaxAttempts: 'count',
  BackoffRate: 'number',
  MaxDelaySeconds: 'positive',
  JitterStrategy: 'text',
  Comment: 'text',
};
export const CATCHER: Readonly<Record<QueryLanguage, Fields>> = {
  JSONPath: { ErrorEquals: 'list', Next: 'text', ResultPath: 'referenceOrNull', Assign: 'template', Comment: 'text' },
  JSONata: { ErrorEquals: 'list', Next: 'text', Output: 'jsonata', Assign: 'jsonata', Comment: 'text' },
};
