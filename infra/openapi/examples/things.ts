/**
 * Ids in examples. A test that sends an example puts the ids of its own things in their place, and so may a reader.
 */
export const IDS = {
  ada: '01JZ8Q4T7WB5E2M9XKCH3R6VNA',
  grace: '01JZ8QB3M1TFD7S4YGPZ0W9H5C',
  mary: '01JZ8RD5K8X2NQ6V0JE4C7T1MB',
  proPlan: 'seg_01JZ8QFX5C3R8WN2VTM6K9D4HE',
  betaTesters: 'seg_01JZ8QG7Y4P1DMS5B0XJ8ZC2TN',
  made: 'seg_01JZ8RH2T6V9KQ3C7WXE5N0M4D',
  newImport: 'imp_01JZ8RKZ0B4X7T2W9NQ5CVM3JE',
  endedImport: 'imp_01JZ8QJ8D3N6Y1M4XVB7T0KCWE',
  newExport: 'exp_01JZ8RMB5W2C9E4Q7TXN0D6KVJ',
  endedExport: 'exp_01JZ8QM2X9E5C0T7BNWV4K6DJQ',
  newsletter: 'key_5f1e0c9ab7d34268',
  newKey: 'key_0b93d7a1c2e84f56',
  token: 'wq3mYx0T8nV5kR2bL7cJ1dF9hG4sP6aZ0uE3iO8yXtM',
} as const;

/** Instants of the examples. */
export const AT = {
  adaSignedUp: '2026-01-31T09:30:00.000Z',
  graceSignedUp: '2026-02-03T10:00:00.000Z',
  marySignedUp: '2026-02-12T08:15:00.000Z',
  declared: '2026-01-30T12:00:00.000Z',
  made: '2026-02-10T14:05:21.184Z',
  started: '2026-02-10T14:05:22.006Z',
  ended: '2026-02-10T14:05:25.731Z',
  now: '2026-02-12T08:15:00.000Z',
  linkEnds: '2026-02-15T08:15:00.000Z',
  exportEnds: '2026-02-17T14:05:25.731Z',
  rowLogEnds: '2026-03-12T14:05:25.731Z',
} as const;

/** The user whom most examples are about. */
export const ADA = {
  id: IDS.ada,
  status: 'active',
  statusReason: null,
  properties: {
    userId: 'crm-42',
    email: 'ada@example.com',
    phone: '+14155550100',
    firstName: 'Ada',
    country: 'IN',
    plan: 'pro',
    seats: 5,
  },
  aliases: [],
  tags: ['vip', 'newsletter'],
  companies: ['acme'],
  signedUpAt: AT.adaSignedUp,
  createdAt: AT.adaSignedUp,
  updatedAt: AT.ended,
  lastSeenAt: null,
  source: 'api',
  version: 2,
} as const;

/** A rule that Ada matches. */
export const PRO_IN_INDIA = {
  all: [
    { field: 'plan', op: 'is', value: 'pro' },
    { field: 'country', op: 'is', value: 'IN' },
  ],
} as const;

/** The parts of a problem that are the same in every one. */
export const problemOf = (status: number, code: string, title: string, detail: string) => ({
  type: `urn:roster:problem:${code}`,
  code,
  title,
  status,
  detail,
  instance: 'urn:roster:request:JXk3yiTuoAMEPnA=',
});
