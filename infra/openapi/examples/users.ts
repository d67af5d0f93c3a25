import type { Examples } from '../example.ts';
import type { OwnRoute } from '../operation.ts';
import { ADA, AT, IDS, problemOf } from './things.ts';

const ADA_REF = 'userId:crm-42';

const MARY = {
  properties: { userId: 'crm-77', email: 'mary@example.com', firstName: 'Mary', plan: 'free' },
  tags: ['newsletter'],
};

export const USERS = {
  'POST /v1/users': [
    {
      title: 'A new user',
      headers: { 'Idempotency-Key': 'sign-up-crm-77' },
      body: { ...MARY, signedUpAt: AT.marySignedUp },
      status: 201,
      answer: {
        ...ADA,
        ...MARY,
        id: IDS.mary,
        companies: [],
        signedUpAt: AT.marySignedUp,
        createdAt: AT.now,
        updatedAt: AT.now,
        version: 1,
      },
    },
    {
      title: 'An e-mail address of another user',
      body: { properties: { email: 'ada@example.com' } },
      status: 409,
      answer: {
        ...problemOf(409, 'identifierTaken', 'Identifier already taken', 'email belongs to another user.'),
        errors: [
          {
            pointer: '/properties/email',
            code: 'identifierTaken',
            detail: 'email belongs to another user.',
            id: IDS.ada,
          },
        ],
      },
    },
    {
      title: 'Several faults at once',
      body: { properties: { email: 'mary at example.com', favouriteColour: 'blue' } },
      status: 400,
      answer: {
        ...problemOf(400, 'invalid', 'Invalid request', 'The request has several faults; see errors.'),
        errors: [
          { pointer: '/properties/email', code: 'invalidEmail', detail: 'Is not an e-mail address.' },
          { pointer: '/properties/favouriteColour', code: 'unknownField', detail: 'There is no such property.' },
        ],
      },
    },
  ],
  'GET /v1/users': [
    {
      title: 'The first page with some fields',
      query: { limit: 2, fields: ['email', 'plan', 'signedUpAt'] },
      status: 200,
      answer: {
        data: [
          { id: IDS.grace, properties: { email: 'grace@example.com', plan: 'free' }, signedUpAt: AT.graceSignedUp },
          { id: IDS.ada, properties: { email: 'ada@example.com', plan: 'pro' }, signedUpAt: AT.adaSignedUp },
        ],
        nextCursor: null,
      },
    },
    {
      title: 'The users of a segment, oldest first',
      query: { segment: IDS.betaTesters, order: 'oldest' },
      status: 200,
      answer: { data: [ADA], nextCursor: null },
    },
  ],
  'GET /v1/users/{ref}': [
    { title: 'A user', path: { ref: ADA_REF }, status: 200, answer: ADA },
    {
      title: 'A user with segments',
      path: { ref: 'email:ada@example.com' },
      query: { include: 'segments' },
      status: 200,
      answer: {
        ...ADA,
        included: {
          segments: [{ id: IDS.betaTesters, name: 'Beta testers', kind: 'manual', since: AT.made }],
        },
      },
    },
    { title: 'A version that is known', path: { ref: ADA_REF }, headers: { 'If-None-Match': '"2"' }, status: 304 },
    {
      title: 'Nobody',
      path: { ref: 'userId:crm-0' },
      status: 404,
      answer: problemOf(404, 'notFound', 'Not found', 'There is no such user.'),
    },
  ],
  'PATCH /v1/users/{ref}': [
    {
      title: 'One property changed and one cleared',
      path: { ref: ADA_REF },
      headers: { 'If-Match': '"2"' },
      body: { properties: { seats: 8, country: null }, tags: ['vip', 'speaker'] },
      status: 200,
      answer: {
        ...ADA,
        properties: {
          userId: 'crm-42',
          email: 'ada@example.com',
          phone: '+14155550100',
          firstName: 'Ada',
          plan: 'pro',
          seats: 8,
        },
        tags: ['vip', 'speaker'],
        updatedAt: AT.now,
        version: 3,
      },
    },
    {
      title: 'A version that is not current',
      path: { ref: ADA_REF },
      headers: { 'If-Match': '"999"' },
      body: { properties: { seats: 9 } },
      status: 412,
      answer: problemOf(412, 'stale', 'Stale version', 'This was changed since you read it.'),
    },
  ],
  'DELETE /v1/users/{ref}': [
    { title: 'A user, whatever the version', path: { ref: ADA_REF }, headers: { 'If-Match': '*' }, status: 204 },
  ],
} as const satisfies Partial<Record<OwnRoute, Examples>>;
