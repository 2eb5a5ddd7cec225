import { DELIMITERS } from '../definition/fields.ts';
import { isObject } from '../definition/parse.ts';
import type { JsonObject } from '../definition/types.ts';
import type { Json } from '../json.ts';
import type { ItemFormat, ReaderPlan, Transformation, WriterPlan } from './map-run-types.ts';
import { jsonata, path, runtimeFailure, type Sight, template } from './sight.ts';

/**
 * What an ItemReader reads, its values computed; null where the Map has none.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
 */
export async function readerPlan(at: Sight, input: Json): Promise<ReaderPlan | null> {
  const { ItemReader: reader } = at.node.fields;
  if (!isObject(reader)) return null;
  const given = await argumentsOf(at, reader, input, 'ItemReader');
  const config = isObject(reader.ReaderConfig) ? reader.ReaderConfig : {};
  const maxItems = await maxItemsOf(at, config, input);
  const bucket = text(at, given, 'Bucket', 'ItemReader');
  if (String(reader.Resource).endsWith(':listObjectsV2')) {
    const prefix = given.Prefix === undefined ? '' : text(at, given, 'Prefix', 'ItemReader');
    return { action: 'listObjectsV2', bucket, prefix, maxItems };
  }
  return {
    action: 'getObject',
    bucket,
    key: text(at, given, 'Key', 'ItemReader'),
    versionId: given.VersionId === undefined ? null : text(at, given, 'VersionId', 'ItemReader'),
    format: (config.InputType ?? 'JSON') as ItemFormat,
    pointer: typeof config.ItemsPointer === 'string' && config.ItemsPointer !== '' ? config.ItemsPointer : null,
    headers: config.CSVHeaderLocation === 'GIVEN' ? (config.CSVHeaders as string[]) : null,
    delimiter: DELIMITERS[String(config.CSVDelimiter ?? 'COMMA')] ?? ',',
    maxItems,
  };
}

/**
 * How a ResultWriter gives results on; null where the Map has none.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
export async function writerPlan(at: Sight, input: Json): Promise<WriterPlan | null> {
  const { ResultWriter: writer } = at.node.fields;
  if (!isObject(writer)) return null;
  const config = isObject(writer.WriterConfig) ? writer.WriterConfig : {};
  const outputType = config.OutputType === 'JSONL' ? 'JSONL' : 'JSON';
  const isExport = writer.Resource !== undefined;
  const transformation = (config.Transformation ?? (isExport ? 'NONE' : 'COMPACT')) as Transformation;
  if (!isExport) return { bucket: null, prefix: '', outputType, transformation };
  const given = await argumentsOf(at, writer, input, 'ResultWriter');
  const prefix = given.Prefix === undefined ? '' : text(at, given, 'Prefix', 'ResultWriter');
  return { bucket: text(at, given, 'Bucket', 'ResultWriter'), prefix, outputType, transformation };
}

async function argumentsOf(at: Sight, object: JsonObject, input: Json, name: string): Promise<JsonObject> {
  const found =
    at.node.language === 'JSONata'
      ? await jsonata(at, object.Arguments ?? {}, input, `${name}/Arguments`)
      : template(at, object.Parameters ?? {}, input);
  return isObject(found) ? found : {};
}

function text(at: Sight, given: JsonObject, member: string, of: string): string {
  const value = given[member];
  if (typeof value === 'string') return value;
  throw runtimeFailure(at, `${of}: ${member} must be a string, but was: ${JSON.stringify(value)}`);
}

async function maxItemsOf(at: Sight, config: JsonObject, input: Json): Promise<number> {
  const { MaxItems: written, MaxItemsPath: reference } = config;
  const found =
    typeof reference === 'string'
      ? path(at, reference, input, 'MaxItemsPath')
      : typeof written === 'string' && at.node.language === 'JSONata'
        ? await jsonata(at, written, input, 'ItemReader/ReaderConfig/MaxItems', { expected: 'integer' })
        : (written ?? 0);
  if (typeof found === 'number' && Number.isInteger(found) && found >= 0) return found;
  throw runtimeFailure(at, `MaxItems must be a non-negative integer, but was: ${JSON.stringify(found)}`);
}
