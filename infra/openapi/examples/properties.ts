import type { Examples } from '../example.ts';
import type { OwnRoute } from '../operation.ts';
import { AT, IDS, problemOf } from './things.ts';

const USER_ID = {
  key: 'userId',
  label: 'User ID',
  type: 'text',
  scope: 'user',
  origin: 'system',
  identifier: true,
  searchable: false,
  archived: false,
  description: null,
  createdAt: null,
  version: 1,
} as const;

const SEATS = {
  ...USER_ID,
  key: 'seats',
  label: 'Seats',
  type: 'number',
  origin: 'custom',
  identifier: false,
} as const;

export const PROPERTIES = {
  'GET /v1/properties': [
    {
      title: 'The properties of users',
      query: { scope: 'user' },
      status: 200,
      answer: { data: [USER_ID, { ...SEATS, createdAt: AT.declared }] },
    },
  ],
  'POST /v1/properties': [
    {
      title: 'A number',
      headers: { 'Idempotency-Key': 'declare-loyalty-points' },
      body: { key: 'loyaltyPoints', type: 'number', label: 'Loyalty points', description: 'Points of the shop.' },
      status: 201,
      answer: {
        ...SEATS,
        key: 'loyaltyPoints',
        label: 'Loyalty points',
        description: 'Points of the shop.',
        createdAt: AT.now,
      },
    },
    {
      title: 'A key that is declared',
      body: { key: 'plan', type: 'text' },
      status: 409,
      answer: {
        ...problemOf(409, 'exists', 'Exists already', 'There is a property of this key already.'),
        errors: [{ pointer: '/key', code: 'exists', detail: 'There is a property of this key already.' }],
      },
    },
  ],
  'GET /v1/properties/{key}': [
    {
      title: 'A property that a rule reads',
      path: { key: 'plan' },
      query: { scope: 'user' },
      status: 200,
      answer: { ...SEATS, key: 'plan', label: 'Plan', type: 'text', createdAt: AT.declared, usedBy: [IDS.proPlan] },
    },
    { title: 'A version that is known', path: { key: 'plan' }, headers: { 'If-None-Match': '"1"' }, status: 304 },
  ],
} as const satisfies Partial<Record<OwnRoute, Examples>>;
