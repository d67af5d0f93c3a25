import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Choice, Condition, type IChainable, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { ActionFunction } from '../constructs/action-function.ts';
import { caught, eachPart, giveUp, step, untilDone } from '../constructs/workflow.ts';

type Steps = Readonly<Record<'plan' | 'writePart' | 'finish' | 'fail', ActionFunction>>;

/** Input `{ job }`: plan the file, write its parts in parallel, join them and mail the end. A job that ended early is mailed. */
export function exportWorkflow(scope: Construct, steps: Steps, bucket: IBucket, concurrency: number): IChainable {
  const orElse = giveUp(scope, 'Fail the job', steps.fail, ['job']);
  const input = { job: JsonPath.stringAt('$.job') };

  const plan = step(scope, 'Plan', steps.plan, { input }).addCatch(orElse, caught);
  const parts = eachPart(scope, 'Write parts', steps.writePart, { bucket, concurrency, orElse });
  const finish = untilDone(scope, 'Finish', steps.finish, { input, orElse });

  return plan.next(
    new Choice(scope, 'Planned?')
      .when(Condition.booleanEquals('$.planned', false), finish)
      .otherwise(parts.next(finish)),
  );
}
