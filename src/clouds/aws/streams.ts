/** Bytes of a payload of Step Functions. */
const MOST_BYTES = 262_144;

/** An output that no state can have. */
export class StreamFault extends Error {
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

/**
 * An output with its streams (the Body of an object in S3) read to their end, as far as a payload may go. Throws
 * StreamFault: States.DataLimitExceeded, States.Runtime for a stream of events.
 */
export async function readStreams(output: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(output)) read[name] = isStream(value) ? await bytesOf(value, name) : value;
  return read;
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function bytesOf(stream: AsyncIterable<unknown>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early closes the stream, and its connection with it.
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array))
      throw new StreamFault('States.Runtime', `${name} is a stream of events, which no state can take.`);
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw new StreamFault('States.DataLimitExceeded', `${name} has more than the ${MOST_BYTES} bytes of a payload.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
