import type { Examples } from '../example.ts';
import type { OwnRoute } from '../operation.ts';
import { ADA, AT, IDS, PRO_IN_INDIA, problemOf } from './things.ts';

const ALL = {
  id: 'all',
  name: 'All users',
  description: null,
  kind: 'all',
  rule: null,
  columns: null,
  state: 'ready',
  memberCount: 2,
  countedAt: AT.now,
  createdAt: null,
  updatedAt: null,
  version: 1,
} as const;

const PRO = {
  ...ALL,
  id: IDS.proPlan,
  name: 'Pro in India',
  kind: 'dynamic',
  rule: PRO_IN_INDIA,
  columns: ['email', 'plan', 'signedUpAt'],
  memberCount: 1,
  createdAt: AT.made,
  updatedAt: AT.made,
  version: 2,
} as const;

const BETA = {
  ...PRO,
  id: IDS.betaTesters,
  name: 'Beta testers',
  kind: 'manual',
  rule: null,
  columns: null,
  version: 1,
} as const;

const NOT_A_LIST = problemOf(409, 'notManual', 'Not a manual segment', 'The members of this segment are not a list.');

export const SEGMENTS = {
  'GET /v1/segments': [
    { title: 'The first page', query: { limit: 2 }, status: 200, answer: { data: [ALL, PRO], nextCursor: null } },
    {
      title: 'Lists only',
      query: { kind: 'manual', archived: false },
      status: 200,
      answer: { data: [BETA], nextCursor: null },
    },
  ],
  'POST /v1/segments': [
    {
      title: 'Users for whom a rule holds',
      headers: { 'Idempotency-Key': 'segment-large-teams' },
      body: {
        name: 'Large teams',
        kind: 'dynamic',
        rule: { field: 'seats', op: 'atLeast', value: 5 },
        columns: ['email', 'seats'],
      },
      status: 201,
      answer: {
        ...PRO,
        id: IDS.made,
        name: 'Large teams',
        rule: { field: 'seats', op: 'atLeast', value: 5 },
        columns: ['email', 'seats'],
        state: 'evaluating',
        progress: 0,
        memberCount: null,
        countedAt: null,
        version: 1,
      },
    },
    {
      title: 'A list of users',
      body: { name: 'Speakers', kind: 'manual', members: ['userId:crm-42', 'email:nobody@example.com'] },
      status: 201,
      answer: { ...BETA, id: IDS.made, name: 'Speakers', notFound: ['email:nobody@example.com'] },
    },
    {
      title: 'A rule with an operator that the field does not have',
      body: { name: 'Wrong', kind: 'dynamic', rule: { all: [{ field: 'seats', op: 'contains', value: '5' }] } },
      status: 400,
      answer: {
        ...problemOf(400, 'wrongOperator', 'Wrong operator', 'The field takes only exists, missing, is, isNot …'),
        errors: [
          {
            pointer: '/rule/all/0/op',
            code: 'wrongOperator',
            detail: 'The field takes only exists, missing, is, isNot …',
          },
        ],
      },
    },
  ],
  'POST /v1/segments/preview': [
    {
      title: 'A rule that one user fits',
      body: { rule: PRO_IN_INDIA },
      status: 200,
      answer: { count: 1, complete: true, sample: [ADA], describe: 'Plan is pro and Country is IN' },
    },
  ],
  'GET /v1/segments/{id}': [
    { title: 'A segment by a rule', path: { id: IDS.proPlan }, status: 200, answer: PRO },
    { title: 'The segment of all users', path: { id: 'all' }, status: 200, answer: ALL },
    {
      title: 'A version that is known',
      path: { id: IDS.proPlan },
      headers: { 'If-None-Match': '"1", "2"' },
      status: 304,
    },
  ],
  'PATCH /v1/segments/{id}': [
    {
      title: 'Another name and other columns',
      path: { id: IDS.betaTesters },
      headers: { 'If-Match': '*' },
      body: { name: 'Beta testers 2026', columns: ['email', 'firstName'] },
      status: 200,
      answer: { ...BETA, name: 'Beta testers 2026', columns: ['email', 'firstName'], updatedAt: AT.now, version: 2 },
    },
    {
      title: 'The name of the segment of all users',
      path: { id: 'all' },
      body: { name: 'Everybody' },
      status: 409,
      answer: problemOf(409, 'immutable', 'Cannot be changed', 'Only the columns of this segment can change.'),
    },
  ],
  'DELETE /v1/segments/{id}': [
    {
      title: 'A segment, whatever the version',
      path: { id: IDS.betaTesters },
      headers: { 'If-Match': '*' },
      status: 204,
    },
    {
      title: 'The segment of all users',
      path: { id: 'all' },
      status: 409,
      answer: problemOf(409, 'immutable', 'Cannot be changed', 'This segment is always there.'),
    },
  ],
  'GET /v1/segments/{id}/users': [
    {
      title: 'With the columns of the segment',
      path: { id: IDS.proPlan },
      query: { limit: 50, order: 'newest' },
      status: 200,
      answer: {
        data: [{ id: IDS.ada, properties: { email: 'ada@example.com', plan: 'pro' }, signedUpAt: AT.adaSignedUp }],
        nextCursor: null,
      },
    },
    {
      title: 'With other columns',
      path: { id: IDS.proPlan },
      query: { fields: ['firstName', 'tags'] },
      status: 200,
      answer: {
        data: [{ id: IDS.ada, properties: { firstName: 'Ada' }, tags: ['vip', 'newsletter'] }],
        nextCursor: null,
      },
    },
  ],
  'POST /v1/segments/{id}/members': [
    {
      title: 'Two users, one of whom is there',
      path: { id: IDS.betaTesters },
      headers: { 'Idempotency-Key': 'beta-2026-02' },
      body: { users: ['userId:crm-43', 'email:nobody@example.com'] },
      status: 200,
      answer: { added: 1, alreadyIn: 0, notFound: ['email:nobody@example.com'] },
    },
    {
      title: 'A segment by a rule',
      path: { id: IDS.proPlan },
      body: { users: ['userId:crm-43'] },
      status: 409,
      answer: NOT_A_LIST,
    },
  ],
  'PUT /v1/segments/{id}/members': [
    {
      title: 'A new list',
      path: { id: IDS.betaTesters },
      body: { users: ['userId:crm-42', 'userId:crm-43'] },
      status: 200,
      answer: { added: 1, alreadyIn: 1, notFound: [] },
    },
  ],
  'DELETE /v1/segments/{id}/members': [
    {
      title: 'Two users, one of whom is a member',
      path: { id: IDS.betaTesters },
      body: { users: ['userId:crm-42', 'userId:crm-43'] },
      status: 200,
      answer: { removed: 1, notIn: 1, notFound: [] },
    },
  ],
  'DELETE /v1/segments/{id}/members/{ref}': [
    { title: 'One user', path: { id: IDS.betaTesters, ref: 'userId:crm-42' }, status: 204 },
  ],
} as const satisfies Partial<Record<OwnRoute, Examples>>;
