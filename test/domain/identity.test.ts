import { expect, test } from 'vitest';
import { entropyOf, timeOf, ULID_PATTERN, ulid } from '../../shared/domain/id.ts';
import { type Given, whoIsMeant } from '../../shared/domain/users/identity.ts';
import { unborn } from '../../shared/domain/users/merge.ts';
import type { Profile } from '../../shared/domain/users/user.ts';

const NOW = '2026-01-31T09:30:00.000Z';

function person(name: string, properties: Record<string, string>): Profile {
  const id = ulid(Date.parse(NOW), entropyOf(name));
  return { ...unborn({ id, signedUpAt: NOW, now: NOW, source: 'api' }), properties, version: 1, revision: 1 };
}

const ann = person('ann', { userId: 'A', email: 'x@example.com' });
const bob = person('bob', { userId: 'B', phone: '+14155550100' });
const guest = person('guest', { email: 'guest@example.com' });

/** Identifiers as a row gives them, each with the one of these people who has it. */
function given(values: Record<string, string>): Given[] {
  return Object.entries(values).map(([field, value]) => {
    const owner = [ann, bob, guest].find(({ properties }) => properties[field] === value) ?? null;
    return { field, value, owner };
  });
}

const meant = (values: Record<string, string>) => {
  const result = whoIsMeant(given(values));
  if (result.kind === 'known') return result.profile.id;
  return result.kind === 'new' ? 'new' : [result.fault.code, result.fault.field, result.fault.ids];
};

test('unknown identifiers mean a new user', () => {
  expect(meant({ userId: 'C', email: 'c@example.com' })).toBe('new');
  expect(meant({})).toBe('new');
});

test('identifiers that one person has mean that one', () => {
  expect(meant({ userId: 'A', email: 'x@example.com' })).toBe(ann.id);
  expect(meant({ email: 'x@example.com' })).toBe(ann.id);
});

test('identifiers of two users are a conflict, which names both', () => {
  expect(meant({ userId: 'A', phone: '+14155550100' })).toEqual(['identifierConflict', 'userId', [ann.id, bob.id]]);
});

test('another value in a higher identifier means another user who shares the mailbox', () => {
  expect(meant({ userId: 'B2', email: 'x@example.com' })).toEqual(['identifierTaken', 'email', [ann.id]]);
});

test('a higher identifier that the person does not have yet is filled', () => {
  expect(meant({ userId: 'G', email: 'guest@example.com' })).toBe(guest.id);
});

test('a free lower identifier replaces the old one', () => {
  expect(meant({ userId: 'A', email: 'new@example.com' })).toBe(ann.id);
});

test('an id is a ULID whose time is the one it was made from', () => {
  const time = Date.parse('2020-05-01T12:00:00.123Z');
  const id = ulid(time, entropyOf('a', 1));
  expect(id).toMatch(ULID_PATTERN);
  expect(timeOf(id)).toBe(time);
  expect(id).toBe(ulid(time, entropyOf('a', 1)));
  expect(id).not.toBe(ulid(time, entropyOf('a', 2)));
  expect(ulid(time, entropyOf('z')) < ulid(time + 1, entropyOf('a'))).toBe(true);
});
