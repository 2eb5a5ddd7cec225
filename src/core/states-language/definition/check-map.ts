import type { Json } from '../json.ts';
import { checkValue, type Tell } from './check-value.ts';
import { DELIMITERS, type Fields, READER, READER_CONFIG, WRITER, WRITER_CONFIG } from './fields.ts';
import { isObject } from './parse.ts';
import type { JsonObject, QueryLanguage } from './types.ts';

/** States.Language's own bound: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html */
const MOST_LABEL = 40;
const LABEL = /^[^\s?*<>{}[\]:;,\\|^~$#%&`"/\p{Cc}]+$/u;
const READS = /^arn:aws[a-z-]*:states:::s3:(?:getObject|listObjectsV2)$/;
const WRITES = /^arn:aws[a-z-]*:states:::s3:putObject$/;

/** What a Map has beside its item processor. */
export function checkDistribution(
  state: JsonObject,
  isDistributed: boolean,
  language: QueryLanguage,
  at: string,
  tell: Tell,
): void {
  for (const one of ['ItemReader', 'ResultWriter', 'ItemBatcher', 'Label']) {
    if (state[one] !== undefined && !isDistributed) {
      tell.schema(`${at}/${one}`, `${one} is supported in DISTRIBUTED mode only`);
    }
  }
  const { Label: label, ItemReader: reader, ResultWriter: writer } = state;
  if (typeof label === 'string' && (label.length > MOST_LABEL || !LABEL.test(label))) {
    tell.schema(`${at}/Label`, `Label must have 1 to ${MOST_LABEL} characters, none of them white space or special`);
  }
  if (isObject(reader)) checkReader(reader, language, `${at}/ItemReader`, tell);
  for (const items of ['ItemsPath', 'Items']) {
    if (reader !== undefined && state[items] !== undefined) {
      tell.schema(at, `Only one of these fields is allowed: [ItemReader, ${items}]`);
    }
  }
  if (isObject(writer)) checkWriter(writer, language, `${at}/ResultWriter`, tell);
}

function checkReader(reader: JsonObject, language: QueryLanguage, at: string, tell: Tell): void {
  checkMembers(reader, READER[language], at, tell);
  const { Resource: resource, ReaderConfig: config = {} } = reader;
  if (typeof resource !== 'string' || !READS.test(resource)) {
    tell.schema(
      `${at}/Resource`,
      'Resource must be arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2',
    );
  }
  if (!isObject(config)) return;
  const place = `${at}/ReaderConfig`;
  checkMembers(config, READER_CONFIG[language], place, tell);
  if (config.MaxItems !== undefined && config.MaxItemsPath !== undefined) {
    tell.schema(place, 'Only one of these fields is allowed: [MaxItems, MaxItemsPath]');
  }
  const isList = typeof resource === 'string' && resource.endsWith(':listObjectsV2');
  if (!isList && config.InputType === undefined) tell.schema(place, 'These fields are required: [InputType]');
  oneOf(config, 'InputType', ['CSV', 'JSON', 'JSONL', 'MANIFEST'], place, tell);
  oneOf(config, 'CSVHeaderLocation', ['FIRST_ROW', 'GIVEN'], place, tell);
  oneOf(config, 'CSVDelimiter', Object.keys(DELIMITERS), place, tell);
  oneOf(config, 'ManifestType', ['S3_INVENTORY'], place, tell);
  if (config.InputType === 'CSV' && config.CSVHeaderLocation === undefined) {
    tell.schema(place, 'These fields are required: [CSVHeaderLocation]');
  }
  const headers = config.CSVHeaders;
  const areNames = Array.isArray(headers) && headers.length > 0 && headers.every((one) => typeof one === 'string');
  if (config.CSVHeaderLocation === 'GIVEN' && !areNames) {
    tell.schema(`${place}/CSVHeaders`, 'CSVHeaders must be an ARRAY of names where CSVHeaderLocation is GIVEN');
  }
}

function checkWriter(writer: JsonObject, language: QueryLanguage, at: string, tell: Tell): void {
  checkMembers(writer, WRITER[language], at, tell);
  const { Resource: resource, WriterConfig: config } = writer;
  const given = writer[language === 'JSONata' ? 'Arguments' : 'Parameters'];
  if (resource !== undefined && (typeof resource !== 'string' || !WRITES.test(resource))) {
    tell.schema(`${at}/Resource`, 'Resource must be arn:aws:states:::s3:putObject');
  }
  if ((resource === undefined) !== (given === undefined) || (resource === undefined && config === undefined)) {
    const name = language === 'JSONata' ? 'Arguments' : 'Parameters';
    tell.schema(at, `These fields are required: [WriterConfig] or [Resource, ${name}]`);
  }
  if (!isObject(config)) return;
  checkMembers(config, WRITER_CONFIG, `${at}/WriterConfig`, tell);
  oneOf(config, 'OutputType', ['JSON', 'JSONL'], `${at}/WriterConfig`, tell);
  oneOf(config, 'Transformation', ['NONE', 'COMPACT', 'FLATTEN'], `${at}/WriterConfig`, tell);
}

function checkMembers(object: JsonObject, allowed: Fields, at: string, tell: Tell): void {
  for (const [field, value] of Object.entries(object)) {
    const kind = Object.hasOwn(allowed, field) ? allowed[field] : undefined;
    if (kind === undefined) tell.schema(`${at}/${field}`, `The field '${field}' is not supported by Step Functions`);
    else checkValue(kind, value as Json, `${at}/${field}`, tell.schema);
  }
}

function oneOf(object: JsonObject, field: string, values: readonly string[], at: string, tell: Tell): void {
  const value = object[field];
  if (value !== undefined && !values.includes(String(value))) {
    tell.schema(`${at}/${field}`, `Value must be one of: ${values.join(', ')}`);
  }
}
