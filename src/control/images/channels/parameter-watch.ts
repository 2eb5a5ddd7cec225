import { AwsError } from '../../../core/aws-error.ts';
import { digestOfRevocation, familyOfGold } from '../../../core/images/names.ts';
import type { Call } from '../../call.ts';
import type { ParameterWatch } from '../../parameter-store/operations.ts';
import { revocationOf } from './ancestry.ts';
import { pointerOf } from './pointer.ts';
import type { PublishNeeds } from './publish.ts';
import { revokeImage } from './revoke.ts';

const LONGEST_REASON = 1000;

/**
 * What the parameters of images are to whoever writes them by the API. `/images/revoked/…` is a revocation: a rollout
 * that failed writes it, here as on AWS, and it cascades like any other. The gold parameter of a family that has the
 * channel tells where that points to, and is written by nobody else.
 */
export function imageParameterWatch(needs: PublishNeeds): ParameterWatch {
  return {
    beforeChange: async (call, name) => {
      const family = familyOfGold(name);
      if (family !== null && (await pointerOf(call.db, call.account, { family, channel: 'gold' })) !== null)
        throw denied(
          `${name} tells where the channel gold of ${family} points to. Move it with \`kintsugi image promote\`.`,
        );
    },
    afterPut: async (call, name, value) => {
      const digest = digestOfRevocation(name);
      if (digest === null) return;
      const reason = (value ?? '').toWellFormed().replaceAll('\0', '').slice(0, LONGEST_REASON);
      await revokeImage(needs, call, { Digest: digest, Reason: reason === '' ? 'no reason was given' : reason });
    },
    beforeDelete: async (call, name) => {
      const digest = digestOfRevocation(name);
      if (digest !== null && (await isRevoked(call, digest)))
        throw denied(`${name} tells that an image is revoked, which is for good. Bake another one.`);
    },
  };
}

async function isRevoked({ db, account }: Call, digest: string): Promise<boolean> {
  return (await revocationOf(db, account, digest)) !== null;
}

function denied(message: string): AwsError {
  return new AwsError('AccessDeniedException', message);
}
