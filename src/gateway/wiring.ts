import { randomBytes } from 'node:crypto';
import { resourceWarning } from '../clouds/aws/aws-task.ts';
import { mockFault } from '../clouds/aws/mock-fault.ts';
import { createNodeCredentials, findAccessKey, revokeNodeCredentials } from '../control/access-keys/access-keys.ts';
import type { Operation } from '../control/call.ts';
import { complianceOperations, dropCompliance } from '../control/compliance/operations.ts';
import { documentExists } from '../control/documents/exists.ts';
import { documentOperations } from '../control/documents/operations.ts';
import { abortExecutionsOf, executionOperations } from '../control/executions/operations.ts';
import type { FindTaskRunner } from '../control/executions/task-runner.ts';
import { testStateOperation } from '../control/executions/test-state/test-state.ts';
import { type ExposureNeeds, exposureOperations } from '../control/exposure/operations.ts';
import { publishedUpdateOperations } from '../control/exposure/published-updates.ts';
import { dropStoredInventory } from '../control/exposure/record-inventory.ts';
import { findStoredImage } from '../control/images/channels/find-stored.ts';
import { imageOperations } from '../control/images/channels/operations.ts';
import { imageParameterWatch } from '../control/images/channels/parameter-watch.ts';
import { noteAnsweredApprovals } from '../control/images/channels/token-watch.ts';
import { type BakePowers, bakeOperations } from '../control/images/flow/start-bake.ts';
import { triggerOperations } from '../control/images/triggers/operations.ts';
import { dropInventory, inventoryOperations } from '../control/inventory/operations.ts';
import type { IssueNodeCredentials } from '../control/managed-nodes/node-identity.ts';
import { findNode } from '../control/managed-nodes/nodes.ts';
import { ANONYMOUS_NODE_OPERATIONS, managedNodeOperations } from '../control/managed-nodes/operations.ts';
import { nodePublicKey } from '../control/managed-nodes/public-keys.ts';
import { CONTROL_CHANNEL_REFUSAL } from '../control/messages/control-channel.ts';
import { messageOperations } from '../control/messages/operations.ts';
import { parameterExists, parameterOperations } from '../control/parameter-store/operations.ts';
import { noAdvisories } from '../control/patch-manager/advisory-folder.ts';
import { patchBaselineExists } from '../control/patch-manager/baselines.ts';
import { patchOperations } from '../control/patch-manager/operations.ts';
import { type FindPatchNode, forgetPatchNode } from '../control/patch-manager/patch-nodes.ts';
import { snapshotByToken } from '../control/patch-manager/snapshots.ts';
import { repositoryOperations } from '../control/repositories/operations.ts';
import { NO_REPOSITORIES, type Repositories } from '../control/repositories/repositories.ts';
import { tellCommandsOf } from '../control/run-command/node-left.ts';
import { runCommandOperations } from '../control/run-command/operations.ts';
import { documentPreparation } from '../control/run-command/prepare-document.ts';
import { serviceSettingOperations } from '../control/service-settings/operations.ts';
import { stateMachineOperations } from '../control/state-machines/operations.ts';
import { tagOperations } from '../control/tags/operations.ts';
import type { Bell } from '../store/bell.ts';
import type { Database } from '../store/database.ts';
import { flushOf } from '../store/durable.ts';
import type { Sealer } from '../store/sealer.ts';
import type { Keys } from './authenticate.ts';
import { kintsugiService } from './kintsugi-service.ts';
import { loadModel } from './model/load.ts';
import type { Page } from './pages.ts';
import { rememberKeys } from './remembered-keys.ts';
import type { Service } from './service.ts';

export interface Wires {
  readonly db: Database;
  readonly sealer: Sealer;
  readonly bell: Bell;
  /** The address at which nodes reach this server; a function where it is known only once the server listens. */
  readonly publicUrl: string | (() => string);
  readonly findPatchNode: FindPatchNode;
  /** What the server's own files say of vulnerabilities; absent: nothing. */
  readonly advisories?: ExposureNeeds['advisories'] | undefined;
  readonly repositories?: Repositories | undefined;
  /** Where the images of this server lie; absent: it keeps none. */
  readonly imagesFolder?: string | undefined;
  /** How this server bakes images; absent: it does not. */
  readonly bakes?: BakePowers | undefined;
  /** What runs the tasks of state machines; absent: nothing. */
  readonly findTaskRunner?: FindTaskRunner | undefined;
}

/** The procedures that `run-server.ts` leads. */
const LED = ['patch-baseline', 'patch-baseline-with-hooks', 'inventory'] as const;
const CREDENTIALS_SECONDS = 3600;
const NO_BAKES: BakePowers = { isRoot: false, allowHooks: false };
const MIB = 1024 * 1024;

/** Where signatures are checked: keys of people and programs, temporary credentials of nodes, and nodes' own keys. */
export function keysOf({ db, sealer }: Pick<Wires, 'db' | 'sealer'>): Keys {
  return rememberKeys({
    find: (accessKeyId) => findAccessKey(db, sealer, accessKeyId),
    ofNode: async (instanceId) => {
      const node = await nodePublicKey(db, instanceId);
      return node === null ? null : { account: node.account, publicKeys: [node.publicKey] };
    },
  });
}

/** Every service with its families of operations. */
export function servicesOf(wires: Wires): Service[] {
  return [systemsManager(wires), messageDelivery(wires), stepFunctions(wires), ownService(wires)];
}

function stepFunctions({ db, bell, findTaskRunner = () => null }: Wires): Service {
  return {
    name: 'states',
    targetPrefix: 'AWSStepFunctions',
    jsonVersion: '1.0',
    model: loadModel('states'),
    operations: {
      ...stateMachineOperations({ abortExecutions: abortExecutionsOf }),
      ...noteAnsweredApprovals(
        executionOperations({ bell, random: Math.random, flush: flushOf(db), resourceWarning, findTaskRunner }),
      ),
      TestState: testStateOperation({ findTaskRunner, random: Math.random, checkMock: mockFault }),
    },
    long: new Set(['StartSyncExecution', 'TestState']),
    anonymous: new Set(),
  };
}

/** What AWS has no operation for. */
function ownService({
  advisories = noAdvisories,
  repositories,
  sealer,
  imagesFolder,
  bakes = NO_BAKES,
}: Wires): Service {
  const archives = repositories ?? NO_REPOSITORIES;
  const images = imagesFolder ?? null;
  const newId = () => randomBytes(6).toString('hex');
  return kintsugiService({
    ...imageOperations({ sealer, images, newId, findStored: findStoredImage(images) }),
    ...exposureOperations({ advisories, archives }),
    ...publishedUpdateOperations(archives),
    ...repositoryOperations(archives),
    ...bakeOperations(bakes),
    ...triggerOperations(bakes),
  });
}

function systemsManager({ sealer, publicUrl, findPatchNode }: Wires): Service {
  const issueNodeCredentials: IssueNodeCredentials = async (db, account, instanceId) => {
    const node = { account, instanceId, now: new Date(), seconds: CREDENTIALS_SECONDS };
    const made = await createNodeCredentials(db, sealer, node);
    return {
      AccessKeyId: made.accessKeyId,
      SecretAccessKey: made.secretAccessKey,
      SessionToken: made.sessionToken,
      TokenExpirationDate: made.expiresAt,
    };
  };
  return {
    name: 'ssm',
    targetPrefix: 'AmazonSSM',
    jsonVersion: '1.1',
    model: loadModel('ssm', 'node'),
    operations: {
      ...managedNodeOperations({
        issueNodeCredentials,
        nodeLeaves: [
          revokeNodeCredentials,
          dropInventory,
          dropCompliance,
          forgetPatchNode,
          dropStoredInventory,
          tellCommandsOf,
        ],
      }),
      ...documentOperations({ isAssociated: async () => false }),
      ...complianceOperations,
      ...inventoryOperations,
      ...parameterOperations({ sealer, watch: imageParameterWatch({ sealer }) }),
      ...patchOperations({
        findNode: findPatchNode,
        snapshotUrl: (_call, token) => `${urlOf(publicUrl)}/snapshots/${token}`,
      }),
      ...runCommandOperations({ prepareDocument: documentPreparation({ orchestrations: LED }) }),
      ...serviceSettingOperations,
      ...tagOperations({
        Document: documentExists,
        ManagedInstance: async ({ db, account }, id) => (await findNode(db, account, id)) !== null,
        Parameter: parameterExists,
        PatchBaseline: patchBaselineExists,
      }),
    },
    anonymous: ANONYMOUS_NODE_OPERATIONS,
    reports: new Set([
      'PutComplianceItems',
      'PutInventory',
      'UpdateInstanceAssociationStatus',
      'UpdateInstanceInformation',
    ]),
    bodyLimits: { PutInventory: 11 * MIB, PutComplianceItems: 11 * MIB },
  };
}

function messageDelivery({ bell, publicUrl }: Wires): Service {
  const GetEndpoint: Operation<object> = async (call, input) => {
    const { GetEndpoint: answer } = messageOperations({ bell, endpoint: urlOf(publicUrl) });
    return (answer as Operation<object>)(call, input);
  };
  const operations = { ...messageOperations({ bell }), GetEndpoint };
  return {
    name: 'ec2messages',
    targetPrefix: 'EC2WindowsMessageDeliveryService',
    jsonVersion: '1.1',
    model: loadModel('ec2messages'),
    operations,
    anonymous: new Set(),
    reports: new Set(['AcknowledgeMessage', 'DeleteMessage', 'FailMessage', 'SendReply']),
  };
}

function urlOf(publicUrl: Wires['publicUrl']): string {
  return typeof publicUrl === 'string' ? publicUrl : publicUrl();
}

/** What is served beside the AWS protocols. */
export function pagesOf({ db }: Pick<Wires, 'db'>): Page[] {
  const { status, contentType, body } = CONTROL_CHANNEL_REFUSAL;
  return [
    { method: 'POST', path: '/v1/control-channel/:instanceId', answer: async () => ({ status, contentType, body }) },
    {
      method: 'GET',
      path: '/snapshots/:token',
      answer: async ({ token = '' }, now) => {
        const file = await snapshotByToken(db, token, now);
        const missing = { status: 404, contentType: 'text/plain', body: 'There is no such snapshot.\n' };
        return file === null ? missing : { status: 200, contentType: 'application/json', body: JSON.stringify(file) };
      },
    },
  ];
}
