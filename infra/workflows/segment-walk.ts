import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Choice, Condition, type IChainable, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { ActionFunction } from '../constructs/action-function.ts';
import { caught, eachPart, giveUp, step, untilDone } from '../constructs/workflow.ts';

type Steps = Readonly<Record<'plan' | 'walkPart' | 'finish' | 'sweep' | 'fail', ActionFunction>>;

/**
 * Input `{ segment, version }`: write the edges of one version of a rule beside the old ones, let the segment name the
 * new version, and sweep the old edges. A version that has been overtaken is swept at once.
 */
export function segmentWalkWorkflow(scope: Construct, steps: Steps, bucket: IBucket, concurrency: number): IChainable {
  const orElse = giveUp(scope, 'Fail the walk', steps.fail, ['segment', 'version']);
  const input = { segment: JsonPath.stringAt('$.segment'), version: JsonPath.stringAt('$.version') };

  const plan = step(scope, 'Plan', steps.plan, { input }).addCatch(orElse, caught);
  const parts = eachPart(scope, 'Walk parts', steps.walkPart, { bucket, concurrency, orElse });
  const finish = step(scope, 'Finish', steps.finish, { input, resultPath: JsonPath.DISCARD }).addCatch(orElse, caught);
  const sweep = untilDone(scope, 'Sweep edges', steps.sweep, { input, orElse });

  return plan.next(
    new Choice(scope, 'Current?')
      .when(Condition.booleanEquals('$.current', false), sweep)
      .otherwise(parts.next(finish).next(sweep)),
  );
}
