import { startWalk } from '../../shared/app/segments/start-walk.ts';
import { change } from '../../shared/app/segments/writes.ts';
import { assertDeletable } from '../../shared/domain/segments/input.ts';
import { action } from '../../shared/runtime/action.ts';
import { segmentWalkWorkflow } from '../../shared/runtime/clients.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** Deletes a segment, never its users. The workflow that it starts deletes the memberships. */
export const handler = action(
  {
    summary: 'Delete a segment',
    description: 'Removes the segment, never its users. The segment `all` is a 409 `immutable`. Honours `If-Match`.',
    scope: 'segments:write',
    path: IdPath,
    ifMatch: true,
    status: 204,
  },
  async ({ path, now, ifMatch }) => {
    const { before } = await change(
      path.id,
      (definition) => {
        ifMatch(definition.version);
        assertDeletable(definition);
        return null;
      },
      now,
    );
    await startWalk(segmentWalkWorkflow(), before.id, before.ruleVersion, 'deleted');
  },
);
