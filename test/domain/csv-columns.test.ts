import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { letterOf } from '../../shared/domain/csv/columns.ts';
import { frameOf } from '../../shared/domain/csv/frame.ts';
import { type ColumnOptions, type ColumnPlan, planColumns } from '../../shared/domain/csv/headers.ts';
import { declared, type Property, schemaOf } from '../../shared/domain/properties/property.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { readCsv } from '../support/jobs/csv.ts';

/** The plan of a file, or the failure. */
const planOf = (text: string, properties: readonly Property[] = [], options: Partial<ColumnOptions> = {}, line = 1) => {
  const frame = frameOf(Buffer.from(text), true, line);
  if ('failure' in frame) return frame;
  return planColumns(frame, { mapping: {}, unknownColumns: 'create', ...options }, schemaOf(properties));
};
const planned = (...input: Parameters<typeof planOf>): ColumnPlan => {
  const plan = planOf(...input);
  if ('failure' in plan) throw new Error(plan.failure.detail);
  return plan;
};
const fields = (...input: Parameters<typeof planOf>) => planned(...input).columns.map(({ field }) => field);
const warnings = (...input: Parameters<typeof planOf>) =>
  planned(...input).warnings.map(({ code, field, count }) => `${code} ${field} ${count}`);
const failureOf = (...input: Parameters<typeof planOf>) => {
  const plan = planOf(...input);
  if (!('failure' in plan)) throw new Error('the file is read');
  return plan.failure;
};
/** The properties after an import of a file: those that existed, and those that it declared. */
const declaredBy = (text: string, before: readonly Property[] = []) => [
  ...before,
  ...planned(text, before).create.map((made) => declared(made, 0)),
];
const changes = (text: string, properties: readonly Property[] = []) => {
  const rows = readCsv(text, { properties: [...properties], defaultCountry: 'US' });
  if (typeof rows === 'string') throw new Error(rows);
  return rows.map((row) => ('faults' in row ? row.faults.map(({ code }) => code) : row.change.properties));
};

describe('two headers for one field', () => {
  const text = 'Email,Phone,Mobile\na@example.com,+14155550190,+14155550191\nb@example.com,,+14155550192\n';

  it('leave it to the better one; the other becomes a text property that says so, and fills it', () => {
    const { columns, create } = planned(text);
    expect(columns[2]).toMatchObject({ field: 'customMobile', type: 'text', fills: 'phone' });
    expect(create).toEqual([{ key: 'customMobile', label: 'Mobile', type: 'text' }]);
    expect(warnings(text)).toEqual(['secondColumn phone 1']);
    const [{ detail } = { detail: '' }] = planned(text).warnings;
    for (const word of ['"Phone"', '"Mobile"', 'phone', 'customMobile']) expect(detail).toContain(word);
    expect(changes(text, declaredBy(text))).toEqual([
      { email: 'a@example.com', phone: '+14155550190', customMobile: '+14155550191' },
      { email: 'b@example.com', phone: '+14155550192', customMobile: '+14155550192' },
    ]);
  });

  it('are read alike when the file comes again', () => {
    expect(fields(text, declaredBy(text))).toEqual(fields(text));
    expect(warnings(text, declaredBy(text))).toEqual(warnings(text));
    expect(planned(text, declaredBy(text)).create).toEqual([]);
  });

  it('change nothing of what either means in the next file', () => {
    const made = declaredBy(text);
    expect(fields('Mobile,First Name\n+14155550192,Ann\n', made)).toEqual(['phone', 'firstName']);
    expect(fields('Email Address,Mobile\na@example.com,+14155550193\n', made)).toEqual(['email', 'phone']);
    const mails = declaredBy('Email,Email Address\na@example.com,b@example.com\n');
    expect(fields('Email Address\na@example.com\n', mails)).toEqual(['email']);
  });

  it.each([
    ['Mobile,Phone,userId', ['customMobile', 'phone', 'userId']],
    ['Tel,mobile,userId', ['customTel', 'phone', 'userId']],
    ['phone number,phone,userId', ['customPhoneNumber', 'phone', 'userId']],
    ['Email Address,E-mail 1 - Value,Mail', ['email', 'customEMail1Value', 'customMail']],
    ['First Name,first_name,userId', ['firstName', 'customFirstName', 'userId']],
    ['created_at,createdAt,userId', ['customCreatedAt', null, 'userId']],
    ['Phone,Mobile,Cell,userId', ['phone', 'customMobile', 'customCell', 'userId']],
  ])('%s are %j', (header, expected) => expect(fields(`${header}\nx,x,x,x\n`)).toEqual(expected));

  it('beside a third are in one warning', () => {
    const three = 'userId,Phone,Mobile,Cell\nu1,,,+14155550190\n';
    expect(warnings(three)).toEqual(['secondColumn phone 2']);
    expect(changes(three, declaredBy(three))).toEqual([
      { userId: 'u1', phone: '+14155550190', customCell: '+14155550190' },
    ]);
  });

  it('fill each other where the mapping chose, and where unknown columns are ignored', () => {
    const mapping = { Mobile: 'phone' };
    expect(fields(text, [], { mapping })).toEqual(['email', 'customPhone', 'phone']);
    expect(warnings(text, [], { mapping })).toEqual(['secondColumn phone 1']);
    expect(planned(text, [], { unknownColumns: 'ignore' }).columns[2]).toMatchObject({ field: null, fills: 'phone' });
    expect(failureOf(text, [], { unknownColumns: 'fail' })).toMatchObject({ code: 'unknownColumn' });
    expect(fields(text, [], { mapping: { Mobile: null } })).toEqual(['email', 'phone', null]);
  });
});

describe('headers that are alike', () => {
  it('but for punctuation are two columns, found again by their labels', () => {
    const text = 'userId,C++,C#,C\nu1,a,b,c\n';
    expect(fields(text)).toEqual(['userId', 'c', 'c2', 'c3']);
    expect(fields(text, declaredBy(text))).toEqual(['userId', 'c', 'c2', 'c3']);
    expect(warnings(text, declaredBy(text))).toEqual([]);
    expect(fields('userId,C#\nu1,b\n', declaredBy(text))).toEqual(['userId', 'c2']);
    expect(fields('userId,C++,c\nu1,a,b\n')).toEqual(['userId', 'c2', 'c']);
  });

  it('but for case and _ are two columns when both are keys', () => {
    const twins = ['casetwin', 'caseTwin', 'row_a', 'rowA'].map((key) => customProperty(key, 'text'));
    const header = 'casetwin,caseTwin,row_a,rowA,userId';
    expect(fields(`${header}\n1,2,3,4,u1\n`, twins)).toEqual(header.split(','));
    expect(warnings(`${header}\n1,2,3,4,u1\n`, twins)).toEqual([]);
    expect(failureOf('caseTwin,casetwin,userId\n1,2,u1\n', twins.slice(1))).toMatchObject({ code: 'duplicateHeader' });
    expect(fields('rowA,row_a,userId\n1,2,u1\n', twins.slice(2, 3))).toEqual(['rowA', 'row_a', 'userId']);
  });
});

describe('a column of a name that companies use for other things', () => {
  it('is the status only when all its words in the head are ours', () => {
    expect(fields('userId,status\nu1,active\nu2,\nu3,banned\n')).toEqual(['userId', 'status']);
    const text = 'userId,status\nu1,subscribed\nu2,active\n';
    expect(fields(text)).toEqual(['userId', 'customStatus']);
    expect(warnings(text)).toEqual(['unknownColumn customStatus 1']);
    expect(fields(text, declaredBy(text))).toEqual(['userId', 'customStatus']);
    expect(warnings(text, declaredBy(text))).toEqual([]);
    expect(fields('userId,status\nu1,banned\n', declaredBy(text))).toEqual(['userId', 'status']);
    const late = `userId,status\n${Array.from({ length: 100 }, (_, row) => `u${row},active\n`).join('')}u,gone\n`;
    expect(fields(late)).toEqual(['userId', 'status']);
  });

  it('is never made into a property when only Roster sets it', () => {
    const text = 'email,source,version,company.name,roster_line\na@example.com,Fair,2,Acme,7\n';
    expect(fields(text)).toEqual(['email', null, null, null, null]);
    expect(planned(text).warnings.map(({ code }) => code)).toEqual(Array(3).fill('readOnlyColumn'));
  });

  it('is a guess as userId when it is called id, and the row may say so', () => {
    const { columns } = planned('id,email\n1,a@example.com\n');
    expect(columns[0]).toMatchObject({ field: 'userId', isGuess: true });
    expect(planned('userId,email\n1,a@example.com\n').columns[0]).not.toHaveProperty('isGuess');
  });

  it('is no date of birth when the month or the year of birth stands beside it', () => {
    expect(fields('userId,Birthday\nu1,x\n')).toEqual(['userId', 'dob']);
    expect(fields('userId,Birthday,Birth Month\nu1,x,y\n')).toEqual(['userId', 'customBirthday', 'birthMonth']);
    expect(fields('userId,Date of birth,Year of birth\nu1,x,y\n')[1]).toBe('customDateOfBirth');
    expect(fields('userId,dob,birth_year\nu1,x,y\n')).toEqual(['userId', 'dob', 'birth_year']);
  });
});

describe('a blank header', () => {
  it('over nothing is let go, wherever it stands, and a value further down fails its row', () => {
    const text = `Email,,First Name\n${'a@example.com,,Ann\n'.repeat(100)}b@example.com,x,Bob\n`;
    expect(fields(text)).toEqual(['email', null, 'firstName']);
    expect(warnings(text)).toEqual([]);
    expect(changes(text).slice(-2)).toEqual([{ email: 'a@example.com', firstName: 'Ann' }, ['tooManyCells']]);
  });
  it('over values fails the file, which names its letter', () => {
    expect(failureOf('Email,,Name\na@example.com,x,Ann\n')).toMatchObject({ code: 'emptyHeader', line: 1 });
    expect(failureOf('Email,,Name\na@example.com,x,Ann\n').detail).toContain('Column B');
    expect(failureOf('Email,Name,\na@example.com,Ann,x\n').detail).toContain('Column C');
  });
  it('has the letter that spreadsheets give it', () => {
    expect([0, 25, 26, 51, 52, 701, 702].map(letterOf)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA']);
  });
});

describe('an unknown column', () => {
  it('of long texts becomes one of long texts', () => {
    expect(planned(`Email,Remarks\na@example.com,${'é'.repeat(256)}\n`).create).toMatchObject([{ type: 'longText' }]);
    expect(planned(`Email,Remarks\na@example.com,${'é'.repeat(255)}\n`).create).toMatchObject([{ type: 'text' }]);
  });
});

describe('the headers of well-known exporters and languages', () => {
  it.each([
    ['First Name,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value', ['firstName', 'eMail1Label', 'email', 'phone']],
    ['Email 1,Email 2,First Name', ['email', 'email2', 'firstName']],
    ['Email Address,First Name,Birthday,TAGS,OPTIN_TIME', ['email', 'firstName', 'dob', 'tags', 'signedUpAt']],
    ['E-Mail,Vorname,Nachname,Geburtsdatum,Telefon', ['email', 'firstName', 'lastName', 'dob', 'phone']],
    ['Adresse e-mail,Prénom,Nom de famille,Téléphone', ['email', 'firstName', 'lastName', 'phone']],
    ['Correo electrónico,Nombre,Apellidos,Móvil', ['email', 'firstName', 'lastName', 'phone']],
    ['Correio eletrónico,Nome,Sobrenome,Telemóvel', ['email', 'firstName', 'lastName', 'phone']],
    ['Indirizzo e-mail,Nome,Cognome,Cellulare', ['email', 'firstName', 'lastName', 'phone']],
    ['Record ID,E-mail Address,Mobile Phone', ['userId', 'email', 'phone']],
  ])('%s', (header, expected) => {
    const row = header.replaceAll(/[^,]+/g, 'x');
    expect(fields(`${header}\n${row}\n`)).toEqual(expected);
  });
});

describe('the failure of a header says what it needs', () => {
  it('the headers that were read, and the column with e-mail addresses to map', () => {
    const failure = failureOf('Kontakt,Name\na@example.com,Ann\nb@example.com,Bob\n');
    expect(failure).toMatchObject({ code: 'noIdentifierColumn', line: 1 });
    expect(failure.detail).toContain('"Kontakt", "Name"');
    expect(failure.detail).toContain('send mapping {"Kontakt":"email"}');
  });

  it('the column with phone numbers', () => {
    const { detail } = failureOf('Name,Nummer\nAnn,+49 30 1234567\nBob,(415) 555-0101\n');
    expect(detail).toContain('send mapping {"Nummer":"phone"}');
    expect(failureOf('Name,Seats\nAnn,1234567890\n').detail).not.toContain('phone numbers');
    expect(failureOf('Name,Since\nAnn,2026-01-31\n').detail).not.toContain('phone numbers');
  });

  it('the line that looks like the header, whatever stands above it', () => {
    const text = 'Members of 2026\n\nEmail,First Name\na@example.com,Ann\n';
    expect(failureOf(text).detail).toContain('Line 3 looks like the header: send headerLine 3');
    expect(fields(text, [], {}, 3)).toEqual(['email', 'firstName']);
    expect(failureOf(`Report,x,y\nVorname;Telefon\n`).detail).toContain('headerLine 2');
    expect(failureOf(`a,b\n${'x,y\n'.repeat(19)}Email,Name\n`).detail).not.toContain('headerLine');
  });

  it('at most twenty headers, the rest counted', () => {
    const header = Array.from({ length: 25 }, (_, index) => `column ${index}`).join(',');
    const { detail } = failureOf(`${header}\n${'x,'.repeat(24)}x\n`);
    expect(detail).toContain('"column 19" and 5 more');
    expect(detail).not.toContain('column 20');
  });

  it.each([
    ['no identifier', 'nh1@example.com,Ann\nnh2@example.com,Bob\n', 'Column A holds e-mail addresses: call it email'],
    ['the same name twice', 'Ann,nh1@example.com,ann\nBob,nh2@example.com,bob\n', 'Column B holds e-mail addresses'],
    ['a blank cell', 'nh1@example.com,,Ann\nnh2@example.com,x,Bob\n', 'looks like data'],
    ['phones', 'Ann,+14155550100\nBob,+14155550101\n', 'Column B holds phone numbers: call it phone'],
    ['days', 'Ann,1980-12-31\nBob,1981-12-31\n', 'looks like data'],
  ])('that its first line is a row, without a word of it: %s', (_, text, words) => {
    const { detail } = failureOf(text);
    expect(detail).toContain('looks like data');
    expect(detail).toContain(words);
    expect(detail).not.toMatch(/nh1|Ann|1415555|1980/i);
  });
});

describe('no file changes what later files mean', () => {
  const header = fc.constantFrom(
    ...'Email|E-Mail|email_address|Mail|Phone|Mobile|Tel|Handy|User ID|id|ID|Customer ID|First Name|Vorname|created_at'.split(
      '|',
    ),
    ...'createdAt|status|Status|source|Source|tags|Labels|C++|C#|c|2nd|Größe|Grosse|价格|dob|Birthday|Birth Year|Plan'.split(
      '|',
    ),
  );
  const files = fc.array(fc.uniqueArray(header, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });
  const SYSTEM = new Set(schemaOf([]).properties.keys());
  const textOf = (names: readonly string[]) => `${names.join(',')}\n${names.map(() => 'x').join(',')}\n`;
  const leftBy = (files: readonly (readonly string[])[]) =>
    files.map(textOf).reduce<readonly Property[]>((before, text) => {
      return 'failure' in planOf(text, before) ? before : declaredBy(text, before);
    }, []);
  const meaning = (plan: ReturnType<typeof planOf>) =>
    'failure' in plan
      ? plan.failure.code
      : plan.columns.map(({ field }) => (field !== null && SYSTEM.has(field) ? field : null));

  it('a header means the same system field after any files as before them', () => {
    fc.assert(
      fc.property(files, fc.uniqueArray(header, { minLength: 1, maxLength: 6 }), (earlier, names) => {
        const properties = leftBy(earlier);
        const [first, later] = [planOf(textOf(names)), planOf(textOf(names), properties)];
        expect(meaning(later)).toEqual(meaning(first));
      }),
      { numRuns: 500 },
    );
  });

  it('a file that comes again is read as it was, and makes nothing', () => {
    fc.assert(
      fc.property(fc.uniqueArray(header, { minLength: 1, maxLength: 8 }), (names) => {
        const text = textOf(names);
        if ('failure' in planOf(text)) return;
        const again = planned(text, declaredBy(text));
        expect(again.columns).toEqual(planned(text).columns);
        expect(again.create).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('an export’s header is read to the letter after any files, without a warning but for what only Roster sets', () => {
    fc.assert(
      fc.property(files, (earlier) => {
        const properties = leftBy(earlier);
        const keys = [
          ...schemaOf(properties).properties.keys(),
          'tags',
          'companies',
          'signedUpAt',
          'createdAt',
          'source',
        ];
        expect(fields(textOf(keys), properties)).toEqual(
          keys.map((key) => (/^(createdAt|source)$/.test(key) ? null : key)),
        );
        expect(warnings(textOf(keys), properties).every((warning) => warning.startsWith('readOnlyColumn'))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
