import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Choice, Condition, Fail, type IChainable, JsonPath, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { ActionFunction } from '../constructs/action-function.ts';
import { caught, eachPart, giveUp, step, untilDone } from '../constructs/workflow.ts';

type Steps = Readonly<Record<'plan' | 'applyPart' | 'applyRepeats' | 'finish' | 'fail', ActionFunction>>;

/**
 * Input `{ job }`: plan the file, apply its parts in parallel, then the rows that must keep their order, and mail the end. A
 * job that ended early is mailed.
 */
export function importWorkflow(scope: Construct, steps: Steps, bucket: IBucket, concurrency: number): IChainable {
  const orElse = giveUp(scope, 'Fail the job', steps.fail, ['job']);
  const input = { job: JsonPath.stringAt('$.job') };

  const plan = step(scope, 'Plan', steps.plan, { input }).addCatch(orElse, caught);
  const parts = eachPart(scope, 'Apply parts', steps.applyPart, { bucket, concurrency, orElse });
  const repeats = untilDone(scope, 'Apply repeats', steps.applyRepeats, { input, orElse });
  const finish = step(scope, 'Finish', steps.finish, { input }).addCatch(orElse, caught);

  // The job has ended and its mail was sent: the run fails so that an alarm rings.
  const end = new Choice(scope, 'Applied?')
    .when(
      Condition.booleanEquals('$.applied', false),
      new Fail(scope, 'Rows not applied', {
        error: 'NotApplied',
        cause: 'Parts failed: their functions have logged why.',
      }),
    )
    .otherwise(new Succeed(scope, 'Applied'));

  finish.next(end);
  return plan.next(
    new Choice(scope, 'Planned?')
      .when(Condition.booleanEquals('$.planned', false), finish)
      .otherwise(parts.next(repeats).next(finish)),
  );
}
