import type { Counted } from '../../data/segments/counts.ts';
import * as segments from '../../data/segments/segments.ts';
import * as walks from '../../data/segments/walks.ts';
import { type Definition, isReady } from '../../domain/segments/definition.ts';
import type { Segment } from '../../domain/segments/segment.ts';
import { countsOf } from './counts.ts';

async function stateOf(definition: Definition): Promise<Pick<Segment, 'state' | 'progress' | 'failure'>> {
  if (isReady(definition)) return { state: 'ready' };
  const { id, ruleVersion, failure } = definition;
  if (failure) return { state: 'failed', failure };
  return { state: 'evaluating', progress: await walks.progress(id, ruleVersion) };
}

async function viewOf(definition: Definition, counted: Counted | undefined): Promise<Segment> {
  const { id, name, description, kind, rule, columns, createdAt, updatedAt, version } = definition;
  return {
    id,
    name,
    description,
    kind,
    rule,
    columns,
    ...(await stateOf(definition)),
    memberCount: counted?.count ?? null,
    countedAt: counted ? new Date(counted.at).toISOString() : null,
    createdAt,
    updatedAt,
    version,
  };
}

/** Segments as the API shows them, with their counts. */
export async function viewsOf(definitions: readonly Definition[], now: number): Promise<readonly Segment[]> {
  const counts = await countsOf(definitions, now);
  return Promise.all(definitions.map((definition) => viewOf(definition, counts.get(definition.id))));
}

/** One segment as the API shows it, with its count. */
export async function view(definition: Definition, now: number): Promise<Segment> {
  const counts = await countsOf([definition], now);
  return viewOf(definition, counts.get(definition.id));
}

/** The segment of this id as the API shows it; null when there is none. */
export async function viewById(id: string, now: number): Promise<Segment | null> {
  const definition = await segments.byId(id);
  return definition && view(definition, now);
}
