import { expect, test } from 'vitest';
import { hashOfToken, isExpired, isRevoked, LINK_LIFE, makeLink } from '../../shared/domain/jobs/link.ts';
import { isAllowedRecipient, readRecipients } from '../../shared/domain/recipient.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const entropy = new Uint8Array(32).fill(7);
const file = { job: 'exp_1', name: 'users.csv' };

test('a link lives for 72 hours, to the millisecond', () => {
  const { link } = makeLink(file, entropy, NOW);
  expect(link.expiresAt).toBe('2026-02-03T09:30:00.000Z');
  expect(isExpired(link, NOW + LINK_LIFE - 1)).toBe(false);
  expect(isExpired(link, NOW + LINK_LIFE)).toBe(true);
});

test('a token has 256 bits, and only its hash is in the link', () => {
  const { token, link } = makeLink(file, entropy, NOW);
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect(link.hash).toBe(hashOfToken(token));
  expect(JSON.stringify(link)).not.toContain(token);
});

test.each(['', 'short', `${'a'.repeat(43)}=`, 'a'.repeat(44), `${'a'.repeat(42)}/`])('%j is no token', (text) => {
  expect(hashOfToken(text)).toBeNull();
});

test('revoking ends the links made up to then, and none that is made later', () => {
  const at = (ms: number) => makeLink(file, entropy, ms).link;
  const job = { linksRevokedAt: new Date(NOW).toISOString() };
  expect([NOW - 1, NOW, NOW + 1].map((ms) => isRevoked(at(ms), job))).toEqual([true, true, false]);
  expect(isRevoked(at(NOW), { linksRevokedAt: null })).toBe(false);
});

test.each([
  ['ada@example.com', ['ada@example.com'], true],
  ['ada@example.com', ['*@example.com'], true],
  ['Ada@Example.com', ['*@EXAMPLE.com'], true],
  ['ada@mail.example.com', ['*@example.com'], false],
  ['ada@notexample.com', ['*@example.com'], false],
  ['ada@example.com', ['*'], false],
  ['ada@example.com', [], false],
])('mail to %s with %j allowed: %j', (address, allowed, expected) => {
  expect(isAllowedRecipient(address, allowed)).toBe(expected);
});

test('recipients are read in their normal form, once each, with a fault for each that may not be written to', () => {
  const raw = [' Ada@Example.com', 'ada@example.com', 'eve@elsewhere.org', 'nobody'];
  expect(readRecipients(raw, ['*@example.com'])).toEqual({
    addresses: ['ada@example.com'],
    faults: [
      { pointer: '/notify/2', code: 'notAllowedRecipient', detail: expect.any(String) },
      { pointer: '/notify/3', code: 'invalidEmail', detail: expect.any(String) },
    ],
  });
});
