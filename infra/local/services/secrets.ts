import { randomInt } from 'node:crypto';
import type * as z from 'zod/mini';
import type { Resource } from '../cloudformation/assembly.ts';
import type { kinds } from '../cloudformation/kinds.ts';
import { arns } from '../cloudformation/names.ts';
import { type Ledger, note, writeNote } from '../process/ledger.ts';
import { AwsError, type AwsOperations } from './aws-endpoint.ts';

type Secret = Resource<typeof kinds.secret.properties>;
type Recipe = NonNullable<z.output<typeof kinds.secret.properties>['GenerateSecretString']>;

/** Secrets Manager: makes each secret as its template says, once, and keeps it with the data. */
export function secretOperations(secrets: Secret[], ledger: Ledger): AwsOperations {
  const values = new Map<string, { arn: string; name: string; value: string }>();
  for (const { name, settings } of secrets) {
    const key = `secret ${name}`;
    const value = note(ledger, key) ?? settings.SecretString ?? generate(settings.GenerateSecretString ?? {});
    writeNote(ledger, key, value);
    const entry = { arn: arns.secret(name), name, value };
    for (const id of [name, entry.arn]) values.set(id, entry);
  }
  return {
    'secretsmanager.GetSecretValue': async ({ SecretId }) => {
      const found = values.get(String(SecretId));
      if (found === undefined)
        throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the secret.");
      return { ARN: found.arn, Name: found.name, SecretString: found.value, VersionStages: ['AWSCURRENT'] };
    },
  };
}

const alphabets = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
};

/** A password by the rules of `GenerateSecretString`, inside the template's JSON when there is one. */
function generate(recipe: Recipe): string {
  const password = passwordOf(recipe);
  if (recipe.SecretStringTemplate === undefined || recipe.GenerateStringKey === undefined) return password;
  return JSON.stringify({ ...JSON.parse(recipe.SecretStringTemplate), [recipe.GenerateStringKey]: password });
}

function passwordOf(recipe: Recipe): string {
  const groups = [
    recipe.ExcludeLowercase ? '' : alphabets.lower,
    recipe.ExcludeUppercase ? '' : alphabets.upper,
    recipe.ExcludeNumbers ? '' : alphabets.digits,
    recipe.ExcludePunctuation ? '' : alphabets.punctuation,
    recipe.IncludeSpace ? ' ' : '',
  ]
    .map((group) => [...group].filter((letter) => !recipe.ExcludeCharacters?.includes(letter)))
    .filter((group) => group.length > 0);
  const all = groups.flat();
  const letters = Array.from({ length: recipe.PasswordLength ?? 32 }, () => all[randomInt(all.length)]);
  const complete = groups.every((group) => group.some((letter) => letters.includes(letter)));
  return complete || recipe.RequireEachIncludedType === false ? letters.join('') : passwordOf(recipe);
}
