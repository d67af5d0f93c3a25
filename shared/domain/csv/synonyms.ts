import { FIXED_FIELDS, SYSTEM_PROPERTIES } from '../properties/property.ts';
import { fold } from '../values/fold.ts';

/** Headers that other systems give to our fields, as `headerWord` writes them; the better one first. */
export const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  userId: words(
    'userid user customerid clientid memberid externalid contactid crmid uid subscriberid personid distinctid recordid',
  ),
  email: words(
    'email emailaddress emailid mail primaryemail email1value email1 emailaddress1 workemail contactemail',
    'emailadresse mailadresse adresseemail courriel adressemail correo correoelectronico correioeletronico',
    'indirizzoemail posta',
  ),
  phone: words(
    'phone phonenumber mobile mobilephone mobilenumber cell cellphone telephone tel phone1value phone1 primaryphone',
    'whatsapp whatsappnumber telefon telefonnummer handy mobiltelefon portable numerodetelephone telefono movil celular',
    'telefone telemovel cellulare',
  ),
  firstName: words('firstname givenname forename first fname vorname prenom nombre nome'),
  lastName: words(
    'lastname surname familyname last lname nachname familienname nomdefamille apellido apellidos sobrenome cognome',
  ),
  dob: words(
    'dob birthday birthdate dateofbirth geburtsdatum geburtstag datedenaissance fechadenacimiento datadenascimento',
    'datadinascita',
  ),
  gender: words('gender sex'),
  country: words('country countrycode'),
  city: words('city town'),
  language: words('language lang locale'),
  timezone: words('timezone tz'),
  emailOptin: words('emailoptin emailconsent'),
  smsOptin: words('smsoptin smsconsent'),
  whatsappOptin: words('whatsappoptin whatsappconsent'),
  ip: words('ip ipaddress'),
  latitude: words('latitude lat'),
  longitude: words('longitude lng lon long'),
  lastChannel: words('lastchannel'),
  tags: words('tags tag labels'),
  signedUpAt: words('signedupat signup signupdate registeredat registrationdate subscribedat optintime'),
};

/** Headers of columns that hold a part of the date of birth. A `birthday` beside one of them is likely the day of the month. */
const BIRTH_PARTS: ReadonlySet<string> = new Set(
  words(
    'birthmonth birthyear birthdaymonth birthdayyear monthofbirth yearofbirth dobmonth dobyear birthdatemonth birthdateyear',
    'geburtsmonat geburtsjahr moisdenaissance anneedenaissance mesdenacimiento anodenacimiento mesdenascimento',
    'anodenascimento mesedinascita annodinascita',
  ),
);

/** The system fields by the word that stands for each. */
const FIELD_OF_WORD: ReadonlyMap<string, string> = new Map(
  [...SYSTEM_PROPERTIES.user.map(({ key }) => key), ...Object.keys(FIXED_FIELDS)].map((key) => [headerWord(key), key]),
);
const FIELD_OF_SYNONYM: ReadonlyMap<string, string> = new Map(
  Object.entries(SYNONYMS).flatMap(([field, synonyms]) => synonyms.map((word) => [word, field] as const)),
);
/** Fields whose synonyms no property may have as key or label: it would take the next file's identifiers. */
const GUARDED: ReadonlySet<string> = new Set(['userId', 'email', 'phone']);

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}

/** A header without case, accents, spaces and punctuation, in which form it is compared with labels and synonyms. */
export function headerWord(header: string): string {
  return fold(header).replace(/[^\p{L}\p{N}\p{M}]/gu, '');
}

/**
 * The words by which a file with these headers may mean a system field. Fields that companies use the name of for other
 * things, such as `status`, have none.
 *
 * @param headers as `headerWord` writes them
 */
export function synonymsOf(field: string, headers: readonly string[]): readonly string[] {
  if (field === 'dob' && headers.some((word) => BIRTH_PARTS.has(word))) return [];
  if (Object.hasOwn(SYNONYMS, field)) return SYNONYMS[field] ?? [];
  return Object.hasOwn(FIXED_FIELDS, field) ? [] : [headerWord(field)];
}

/** Says if a header of this name would be taken for a system field, or might be one day: its word is a field's or a synonym. */
export function isSystemWord(name: string): boolean {
  const word = headerWord(name);
  return FIELD_OF_WORD.has(word) || FIELD_OF_SYNONYM.has(word);
}

/** The system field that a property of this key or label would be taken for; null when there is none. */
export function fieldTakenFor(name: string): string | null {
  const word = headerWord(name);
  const synonym = FIELD_OF_SYNONYM.get(word);
  return FIELD_OF_WORD.get(word) ?? (synonym !== undefined && GUARDED.has(synonym) ? synonym : null);
}
