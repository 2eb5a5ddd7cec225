import type {
  CreateStateMachineAliasInput,
  DeleteStateMachineAliasInput,
  DescribeStateMachineAliasOutput,
  ListStateMachineAliasesInput,
  RoutingConfigurationListItem,
  UpdateStateMachineAliasInput,
} from '@aws-sdk/client-sfn';
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { type AliasRoute, stateMachineAlias, stateMachineVersion } from '../../store/schema/state-machines.ts';
import type { Call, Operations } from '../call.ts';
import { invalidArn, readStateMachineArn, type StateMachineRef, stateMachineArn } from './arns.ts';
import { type AliasRow, doesNotExist, findAlias, findStateMachine, lockStateMachine } from './find.ts';
import { listPage } from './listing.ts';

const MAX_ALIASES = 100;

function noSuchAlias(): AwsError {
  return new AwsError('ResourceNotFound', 'Request references a resource that does not exist.');
}

function ofAlias(call: Call, { name, qualifier }: StateMachineRef) {
  return and(
    eq(stateMachineAlias.account, call.account),
    eq(stateMachineAlias.name, name),
    eq(stateMachineAlias.alias, qualifier ?? ''),
  );
}

function readAliasArn(call: Call, arn: string): StateMachineRef {
  const reference = readStateMachineArn(call, arn);
  if (reference.qualifier === null || /^\d+$/.test(reference.qualifier))
    throw invalidArn(`Invalid State Machine Alias Arn: ${arn}`);
  return reference;
}

/** One or two versions of one state machine, weights of 100 together, none twice. */
function readRouting(
  call: Call,
  items: readonly RoutingConfigurationListItem[],
): { name: string; routes: AliasRoute[] } {
  const routes = items.map(({ stateMachineVersionArn: arn = '', weight = 0 }) => {
    const { name, qualifier } = readStateMachineArn(call, arn);
    if (!/^[1-9]\d{0,14}$/.test(qualifier ?? ''))
      throw new AwsError(
        'ValidationException',
        `The ARN of a version is needed in the routing configuration: '${arn}'`,
      );
    return { name, version: Number(qualifier), weight };
  });
  const names = new Set(routes.map(({ name }) => name));
  const [name = ''] = names;
  const fault = (text: string) => new AwsError('ValidationException', text);
  if (names.size !== 1) throw fault('The versions of a routing configuration must be of one state machine.');
  if (new Set(routes.map(({ version }) => version)).size !== routes.length)
    throw fault('The versions of a routing configuration must be different ones.');
  if (routes.reduce((sum, { weight }) => sum + weight, 0) !== 100)
    throw fault('The weights of a routing configuration must add up to 100.');
  return { name, routes: routes.map(({ version, weight }) => ({ version, weight })) };
}

async function requireVersions(call: Call, name: string, routes: readonly AliasRoute[]): Promise<void> {
  const wanted = routes.map(({ version }) => version);
  const found = await call.db
    .select({ version: stateMachineVersion.version })
    .from(stateMachineVersion)
    .where(
      and(
        eq(stateMachineVersion.account, call.account),
        eq(stateMachineVersion.name, name),
        inArray(stateMachineVersion.version, wanted),
      ),
    );
  if (found.length !== wanted.length) throw noSuchAlias();
}

/** The same request again answers what is there; another one of the same name is a conflict. */
async function createAlias(call: Call, input: CreateStateMachineAliasInput) {
  const alias = input.name ?? '';
  const { name, routes } = readRouting(call, input.routingConfiguration ?? []);
  const description = input.description ?? null;
  return call.db.transaction(async (db) => {
    const tx = { ...call, db };
    if ((await findStateMachine(db, call.account, name)) === null) throw noSuchAlias();
    await lockStateMachine(tx, name);
    await requireVersions(tx, name, routes);
    const stateMachineAliasArn = stateMachineArn(call, name, alias);
    const before = await findAlias(db, call.account, { name, qualifier: alias });
    if (before !== null) {
      if (before.description !== description || JSON.stringify(before.routing) !== JSON.stringify(routes))
        throw new AwsError(
          'ConflictException',
          'Failed to create alias because an alias with the same name and a different routing configuration already exists.',
        );
      return { stateMachineAliasArn, creationDate: before.createdAt };
    }
    const present = await db.$count(
      stateMachineAlias,
      and(eq(stateMachineAlias.account, call.account), eq(stateMachineAlias.name, name)),
    );
    if (present >= MAX_ALIASES)
      throw new AwsError(
        'ServiceQuotaExceededException',
        `A state machine can have ${MAX_ALIASES} aliases at the most.`,
      );
    await db.insert(stateMachineAlias).values({
      account: call.account,
      name,
      alias,
      description,
      routing: routes,
      createdAt: call.now,
      updatedAt: call.now,
    });
    return { stateMachineAliasArn, creationDate: call.now };
  });
}

async function describeAlias(
  call: Call,
  input: { stateMachineAliasArn?: string },
): Promise<DescribeStateMachineAliasOutput> {
  const row = await findAlias(call.db, call.account, readAliasArn(call, input.stateMachineAliasArn ?? ''));
  if (row === null) throw noSuchAlias();
  const { name, alias, description, routing, createdAt, updatedAt } = row;
  return {
    stateMachineAliasArn: stateMachineArn(call, name, alias),
    name: alias,
    ...(description === null ? {} : { description }),
    routingConfiguration: routing.map(({ version, weight }) => ({
      stateMachineVersionArn: stateMachineArn(call, name, version),
      weight,
    })),
    creationDate: createdAt,
    updateDate: updatedAt,
  };
}

async function updateAlias(call: Call, input: UpdateStateMachineAliasInput) {
  const reference = readAliasArn(call, input.stateMachineAliasArn ?? '');
  if (input.description === undefined && input.routingConfiguration === undefined)
    throw new AwsError('ValidationException', 'Either the description or the routing configuration must be given.');
  const routing = input.routingConfiguration === undefined ? null : readRouting(call, input.routingConfiguration);
  if (routing !== null && routing.name !== reference.name)
    throw new AwsError('ValidationException', 'The versions of an alias must be of its own state machine.');
  return call.db.transaction(async (db) => {
    const tx = { ...call, db };
    if ((await findAlias(db, call.account, reference)) === null) throw noSuchAlias();
    await lockStateMachine(tx, reference.name);
    if (routing !== null) await requireVersions(tx, reference.name, routing.routes);
    const change = {
      updatedAt: call.now,
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(routing === null ? {} : { routing: routing.routes }),
    };
    await db.update(stateMachineAlias).set(change).where(ofAlias(call, reference));
    return { updateDate: call.now };
  });
}

async function deleteAlias(call: Call, input: DeleteStateMachineAliasInput) {
  const gone = await call.db
    .delete(stateMachineAlias)
    .where(ofAlias(call, readAliasArn(call, input.stateMachineAliasArn ?? '')))
    .returning({ alias: stateMachineAlias.alias });
  if (gone.length === 0) throw noSuchAlias();
  return {};
}

/** All aliases of a state machine, or those that route to the version that the ARN names. */
async function listAliases(call: Call, input: ListStateMachineAliasesInput) {
  const arn = input.stateMachineArn ?? '';
  const { name, qualifier } = readStateMachineArn(call, arn);
  if ((await findStateMachine(call.db, call.account, name)) === null) throw doesNotExist(arn);
  const toVersion =
    qualifier === null
      ? undefined
      : sql`${stateMachineAlias.routing} @> ${JSON.stringify([{ version: Number(qualifier) || 0 }])}::jsonb`;
  const paging = { list: `ListStateMachineAliases ${arn}`, keyOf: ({ alias }: AliasRow) => [alias] };
  const { items, ...rest } = await listPage(call, input, paging, (after, limit) =>
    call.db
      .select()
      .from(stateMachineAlias)
      .where(
        and(
          eq(stateMachineAlias.account, call.account),
          eq(stateMachineAlias.name, name),
          toVersion,
          after === null ? undefined : gt(stateMachineAlias.alias, String(after[0])),
        ),
      )
      .orderBy(asc(stateMachineAlias.alias))
      .limit(limit),
  );
  const stateMachineAliases = items.map(({ alias, createdAt }) => ({
    stateMachineAliasArn: stateMachineArn(call, name, alias),
    creationDate: createdAt,
  }));
  return { stateMachineAliases, ...rest };
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html */
export const aliasOperations: Operations = {
  CreateStateMachineAlias: createAlias,
  DescribeStateMachineAlias: describeAlias,
  UpdateStateMachineAlias: updateAlias,
  DeleteStateMachineAlias: deleteAlias,
  ListStateMachineAliases: listAliases,
};
