import type { Examples } from '../example.ts';
import type { OwnRoute } from '../operation.ts';
import { AT, IDS, problemOf } from './things.ts';

const NEWSLETTER = {
  id: IDS.newsletter,
  name: 'Newsletter',
  email: 'marketing@example.com',
  scopes: ['users:read', 'exports'],
  createdAt: AT.declared,
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
} as const;

export const KEYS = {
  'GET /v1/keys': [
    { title: 'The first page', query: { limit: 100 }, status: 200, answer: { data: [NEWSLETTER], nextCursor: null } },
  ],
  'POST /v1/keys': [
    {
      title: 'A key for the website',
      headers: { 'Idempotency-Key': 'key-for-the-website' },
      body: {
        name: 'Website',
        email: 'web@example.com',
        scopes: ['users:read', 'users:write'],
        expiresAt: '2099-12-31T23:59:59Z',
      },
      status: 201,
      answer: {
        key: {
          ...NEWSLETTER,
          id: IDS.newKey,
          name: 'Website',
          email: 'web@example.com',
          scopes: ['users:read', 'users:write'],
          createdAt: AT.now,
          expiresAt: '2099-12-31T23:59:59.000Z',
        },
        secret: 'rk_prod_0b93d7a1c2e84f56_…',
      },
    },
    {
      title: 'An address that is not allowed',
      body: { name: 'Website', email: 'somebody@elsewhere.example', scopes: ['users:read'] },
      status: 400,
      answer: {
        ...problemOf(400, 'notAllowedRecipient', 'Not allowed recipient', 'Mail to this address is not allowed.'),
        errors: [{ pointer: '/email', code: 'notAllowedRecipient', detail: 'Mail to this address is not allowed.' }],
      },
    },
  ],
  'DELETE /v1/keys/{id}': [{ title: 'A key', path: { id: IDS.newsletter }, status: 204 }],
} as const satisfies Partial<Record<OwnRoute, Examples>>;
