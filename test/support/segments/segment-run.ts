import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { handler as finishWalk } from '../../../functions/segments/finish-walk.ts';
import { handler as onProfileChanged } from '../../../functions/segments/on-profile-changed.ts';
import { handler as planWalk } from '../../../functions/segments/plan-walk.ts';
import { handler as sweepEdges } from '../../../functions/segments/sweep-edges.ts';
import { handler as walkPart } from '../../../functions/segments/walk-part.ts';
import { profileItem } from '../../../shared/data/users/profile-item.ts';
import type { Profile } from '../../../shared/domain/users/user.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { withTime } from '../jobs/export-run.ts';

const inTime = withTime(600_000);

/** Runs the workflow of one version of a segment as its definition does. */
export async function runWalk(bucket: Bucket, segment: string, version: number): Promise<void> {
  const plan = await planWalk({ segment, version, attempt: 1 }, inTime);
  if ('manifest' in plan && plan.manifest) {
    const parts: { segment: string; version: number; part: number }[] = JSON.parse(
      String(await bucket.get(plan.manifest.key)),
    );
    for (const part of parts) while (!(await walkPart(part, inTime)).done);
    await finishWalk({ segment, version }, inTime);
  }
  while (!(await sweepEdges({ segment, version }, inTime)).done);
}

const imageOf = (profile: Profile): Record<string, AttributeValue> =>
  marshall(profileItem(profile), { removeUndefinedValues: true });

/** A record of the table's stream about one user. */
export const record = (before: Profile | null, after: Profile | null) => ({
  dynamodb: {
    ...(before && { OldImage: imageOf(before) }),
    ...(after && { NewImage: imageOf(after) }),
    ApproximateCreationDateTime: 1_767_225_600,
    SequenceNumber: '1',
  },
});

/** Invokes the function on the stream with records. */
export const deliverRecords = (...Records: object[]) =>
  onProfileChanged({ Records } as Parameters<typeof onProfileChanged>[0]);
