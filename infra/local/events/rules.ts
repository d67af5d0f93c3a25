import type { Assembly } from '../cloudformation/assembly.ts';
import { kinds } from '../cloudformation/kinds.ts';
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

type Wiring = {
  /** Calls what an ARN names, and answers whether it took the payload. An ARN of another service stops the start. */
  targetOf(arn: string): { call(payload: string): Promise<boolean>; retries: number; onFailure: string | null };
  destinationOf(arn: string): Destination;
};

type Target = { Arn: string; Input?: string | undefined; DeadLetterConfig?: { Arn?: string | undefined } | undefined };

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
export function readTriggers(assembly: Assembly, wiring: Wiring): { triggers: Trigger[]; routes: Route[] } {
  const routes: Route[] = [];
  const add = (label: string, targets: Target[], when: Trigger['when']): Trigger => ({
    label,
    when,
    routes: targets.map((target, i) => {
      const route = routeOf(`${label}#${i}`, target, wiring);
      routes.push(route);
      return { name: route.name, input: target.Input ?? null };
    }),
  });
  const triggers = [
    ...assembly.all(kinds.rule).map(({ label, settings }) => add(label, settings.Targets, whenOf(label, settings))),
    ...assembly
      .all(kinds.schedule)
      .map(({ label, settings }) =>
        add(label, [settings.Target], { everyMs: periodOf(settings.ScheduleExpression, label) }),
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

function routeOf(name: string, target: Target, wiring: Wiring): Route {
  const { call, retries, onFailure } = wiring.targetOf(target.Arn);
  const parked = onFailure ?? target.DeadLetterConfig?.Arn ?? null;
  const destination = parked === null ? null : wiring.destinationOf(parked);
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
