import type { Assembly } from '../cloudformation/assembly.ts';
import { kinds } from '../cloudformation/kinds.ts';
import { arns } from '../cloudformation/names.ts';
import { type Destination, datedPath } from '../lambda/destinations.ts';
import { CannotStart } from '../process/cannot-start.ts';
import type { JsonObject } from '../process/json.ts';
import type { Route } from './outbox.ts';
import { checkPattern } from './pattern.ts';

/** A rule or schedule of the templates: when it fires, and the route of each of its targets. */
export type Trigger = {
  readonly label: string;
  readonly when: { readonly pattern: JsonObject } | { readonly everyMs: number };
  readonly routes: { readonly name: string; readonly input: string | null }[];
};

export type Targets = {
  /**
   * Calls what a target names, and answers whether it took the payload. An ARN of another service, and a target that the
   * trigger may not reach, stop the start.
   */
  targetOf(
    target: Target,
    source: Source,
  ): { call(payload: string): Promise<boolean>; retries: number; onFailure: Destination | null };
  /** The dead-letter queue of a target. A queue that the trigger may not send to stops the start. */
  deadLetterOf(arn: string, source: Source): Destination;
};

export type Target = {
  Arn: string;
  RoleArn?: string | undefined;
  Input?: string | undefined;
  DeadLetterConfig?: { Arn?: string | undefined } | undefined;
};

/** The principal that reaches a target: a rule by the policy of the target, a schedule with the role of its target. */
export type Source = { readonly kind: 'rule' | 'schedule'; readonly arn: string; readonly label: string };

const units: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The period of a `rate(…)` expression in milliseconds. Other expressions stop the start. */
export function periodOf(expression: string, label: string): number {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const length = units[unit];
  if (length === undefined) {
    throw new CannotStart(`The schedule ${expression} of ${label} is not known to the local stack: only rate(…) is.`);
  }
  return Number(count) * length;
}

/** Reads every rule and schedule of the assembly. */
export function readTriggers(assembly: Assembly, targets: Targets): { triggers: Trigger[]; routes: Route[] } {
  const routes: Route[] = [];
  const add = (source: Source, called: Target[], when: Trigger['when']): Trigger => ({
    label: source.label,
    when,
    routes: called.map((target, i) => {
      const route = routeOf(`${source.label}#${i}`, target, source, targets);
      routes.push(route);
      return { name: route.name, input: target.Input ?? null };
    }),
  });
  const triggers = [
    ...assembly
      .all(kinds.rule)
      .map(({ name, label, settings }) =>
        add({ kind: 'rule', arn: arns.rule(name), label }, settings.Targets, whenOf(label, settings)),
      ),
    ...assembly.all(kinds.schedule).map(({ name, label, settings }) =>
      add({ kind: 'schedule', arn: arns.schedule(name), label }, [settings.Target], {
        everyMs: periodOf(settings.ScheduleExpression, label),
      }),
    ),
  ];
  return { triggers, routes };
}

function whenOf(
  label: string,
  rule: { EventPattern?: JsonObject | undefined; ScheduleExpression?: string | undefined },
): Trigger['when'] {
  if (rule.ScheduleExpression !== undefined) return { everyMs: periodOf(rule.ScheduleExpression, label) };
  const pattern = rule.EventPattern ?? {};
  const sources = pattern.source;
  if (!Array.isArray(sources) || sources.some((source) => source !== 'aws.s3')) {
    throw new CannotStart(
      `The rule ${label} listens to events that the local stack does not have: only aws.s3 is known.`,
    );
  }
  checkPattern(pattern);
  return { pattern };
}

function routeOf(name: string, target: Target, source: Source, targets: Targets): Route {
  const { call, retries, onFailure } = targets.targetOf(target, source);
  const deadLetterArn = target.DeadLetterConfig?.Arn;
  const ofTarget = deadLetterArn === undefined ? null : targets.deadLetterOf(deadLetterArn, source);
  const destination = onFailure ?? ofTarget;
  return {
    name,
    retries,
    attempt: call,
    async giveUp(payload) {
      const path = `aws/lambda/async/${target.Arn.split(':').at(-1)}/${datedPath(new Date())}-${crypto.randomUUID()}`;
      await destination?.(path, { requestPayload: payload });
    },
  };
}
