import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { encoderOf } from '../../shared/app/exports/encode.ts';
import { connect } from '../../shared/data/table/client.ts';
import { profileItem } from '../../shared/data/users/profile-item.ts';
import { storedProfile } from '../../shared/data/users/stored-users.ts';
import type { ExportPlan } from '../../shared/domain/exports/plan.ts';
import { entropyOf, ulid } from '../../shared/domain/id.ts';
import { schemaOf } from '../../shared/domain/properties/property.ts';
import { merged, unborn } from '../../shared/domain/users/merge.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { FakeTable } from '../support/table/fake-table.ts';
import type { BenchRow } from './row.ts';

/** The settings with which the document client reads items. */
const UNMARSHALL = { wrapNumbers: Number };

/** The number of users in about one answer of DynamoDB: a megabyte. */
const USERS = 1_700;
const ROUNDS = 10;
const TURNS = 20;
const BORN = Date.parse('2026-01-31T09:30:00.000Z');

const custom = [customProperty('plan', 'text'), customProperty('seats', 'number'), customProperty('renewsOn', 'date')];

type Item = Record<string, AttributeValue>;

/** A page of stored users as the SDK hands it over. */
function storedPage(): readonly Item[] {
  connect(new FakeTable().connection(16));
  const now = new Date(BORN).toISOString();
  const schema = schemaOf(custom);
  return Array.from({ length: USERS }, (_, n) => {
    const properties = {
      userId: `crm-${n}`,
      email: `person.${n}@example.com`,
      phone: `+1415555${String(n).padStart(4, '0')}`,
      firstName: n % 7 ? 'Ada' : 'Ada "the first"',
      lastName: 'Lovelace',
      country: 'US',
      city: n % 5 ? 'Paris' : 'Paris, Texas',
      language: 'en',
      plan: n % 2 ? 'pro' : 'free',
      seats: n,
      renewsOn: '2026-12-31',
      emailOptin: n % 3 === 0,
    };
    const birth = unborn({ id: ulid(BORN + n, entropyOf('bench', n)), signedUpAt: now, now, source: 'csv' });
    const result = merged(birth, { properties, tags: { mode: 'replace', values: ['vip', 'beta'] } }, { now, schema });
    if (result.kind !== 'changed') throw new Error(result.kind);
    return marshall(profileItem(result.profile));
  });
}

const plan: ExportPlan = {
  at: BORN,
  timeZone: 'UTC',
  shards: 16,
  options: { format: 'csv', profile: 'spreadsheet', compress: null, fields: null },
  custom,
  source: { kind: 'all' },
};

/** Rows a second of a run over the page. */
function rate(run: () => void): number {
  const began = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) run();
  return (USERS * ROUNDS * 1000) / (performance.now() - began);
}

/** The least that any export does: it reads the text of the page as JSON and joins all values, without order or quotes. */
function joinedText(text: string): Buffer {
  const page: readonly Item[] = JSON.parse(text);
  let lines = '';
  for (const item of page) {
    const values = Object.values(item.properties?.M ?? {}).map((value) => value.S ?? value.N ?? value.BOOL);
    lines += `${item.SK?.S},${values.join(',')},${item.signedUpAt?.S},${item.createdAt?.S},${item.updatedAt?.S}\n`;
  }
  return Buffer.from(lines, 'utf8');
}

/** The rate at which the users of a stored page become bytes of a CSV, beside the least that any export does. */
export async function run(): Promise<BenchRow[]> {
  const page = storedPage();
  const text = JSON.stringify(page);
  const encoder = encoderOf(plan);
  const write = () => {
    encoder.lines(page.flatMap((item) => storedProfile(unmarshall(item, UNMARSHALL)) ?? []));
  };
  const least = () => {
    joinedText(text);
  };
  // The best of several runs, so that other load on the machine is not measured.
  let value = 0;
  let floor = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    value = Math.max(value, rate(write));
    floor = Math.max(floor, rate(least));
  }
  const beside = [{ name: 'JSON.parse and join', value: floor }];
  const what = 'export part: stored page → CSV';
  return [{ what, value, unit: 'rows/s/core', beside, ratio: value / floor, goal: '≥ 200,000' }];
}
