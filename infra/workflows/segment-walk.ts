import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Choice, Condition, Fail, type IChainable, JsonPath, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { ActionFunction } from '../constructs/action-function.ts';
import { caught, eachPart, step, untilDone } from '../constructs/workflow.ts';

type Steps = Readonly<Record<'plan' | 'walkPart' | 'finish' | 'sweep' | 'fail', ActionFunction>>;

/**
 * Input `{ segment, version, attempt }`: write the edges of one version of a rule beside the old ones, make the version the
 * live one, and delete the old edges. A version that a newer one replaced is only deleted.
 *
 * A failure anywhere leads to the next attempt after a wait. It goes on from the positions that the parts stored, and the
 * function behind `fail` counts the attempts. After the last one the run ends as failed.
 */
export function segmentWalkWorkflow(scope: Construct, steps: Steps, bucket: IBucket, concurrency: number): IChainable {
  const ids = { segment: JsonPath.stringAt('$.segment'), version: JsonPath.stringAt('$.version') };
  const input = { ...ids, attempt: JsonPath.stringAt('$.attempt') };
  // The name of the error only: its cause is a message of a program, which may contain data.
  const orElse = step(scope, 'Fail the attempt', steps.fail, {
    input: { ...input, error: JsonPath.stringAt('$.error.Error') },
  });

  const plan = step(scope, 'Plan', steps.plan, { input }).addCatch(orElse, caught);
  const parts = eachPart(scope, 'Walk parts', steps.walkPart, { bucket, concurrency, orElse });
  const finish = step(scope, 'Finish', steps.finish, {
    input: ids,
    resultPath: JsonPath.DISCARD,
    final: ['UnfinishedWalk'],
  }).addCatch(orElse, caught);
  const sweep = untilDone(scope, 'Sweep edges', steps.sweep, { input: ids, orElse });

  orElse.next(
    new Choice(scope, 'Another attempt?')
      .when(
        Condition.booleanEquals('$.again', true),
        new Wait(scope, 'Wait', { time: WaitTime.secondsPath('$.seconds') }).next(plan),
      )
      .otherwise(new Fail(scope, 'Given up', { error: 'Failed', cause: 'The segment says why.' })),
  );
  return plan.next(
    new Choice(scope, 'Current?')
      .when(Condition.booleanEquals('$.current', false), sweep)
      .otherwise(parts.next(finish).next(sweep)),
  );
}
