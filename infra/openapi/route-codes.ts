import type { Code } from './codes.ts';
import type { OwnRoute } from './operation.ts';

type Codes = readonly Code[];

/** Codes of a route's own, beside those that every route of its kind can answer. */
type RouteCodes = { readonly 400?: Codes; readonly 409?: Codes; readonly 410?: Codes };

/** A value of a property, of an unknown or archived property too. */
const VALUES: Codes = [
  ...(['wrongType', 'invalidCharacter', 'invalidNumber', 'invalidDate', 'invalidDatetime', 'invalidTime'] as const),
  ...(['invalidEmail', 'invalidPhone', 'phoneNeedsCountry', 'invalidUrl', 'blockedIdentifier'] as const),
  ...(['tooLong', 'tooMany', 'outOfRange', 'unknownField', 'archived'] as const),
];
const PROFILE: Codes = [...VALUES, 'invalidTag', 'notAllowed', 'profileTooLarge'];
const RULE: Codes = [
  ...(['unknownOperator', 'wrongOperator', 'emptyGroup', 'tooDeep', 'required', 'notAllowed'] as const),
  ...VALUES,
];
const RECIPIENTS: Codes = ['notAllowedRecipient', 'invalidEmail', 'invalidCharacter', 'tooMany'];
const TEXTS: Codes = ['invalidCharacter', 'tooLong', 'required'];
const SEGMENT: Codes = [...RULE, ...TEXTS];

/** The codes that each route has of its own. */
export const ROUTE_CODES: Readonly<Record<OwnRoute, RouteCodes>> = {
  'GET /health': {},
  'GET /openapi.json': {},
  'GET /docs': {},

  'POST /v1/users': { 400: [...PROFILE, 'noIdentifier'], 409: ['identifierTaken'] },
  'GET /v1/users': { 400: ['unknownField', 'unknownReference'] },
  'GET /v1/users/{ref}': {},
  'PATCH /v1/users/{ref}': { 400: [...PROFILE, 'lastIdentifier'], 409: ['identifierTaken'] },
  'DELETE /v1/users/{ref}': {},

  'GET /v1/properties': {},
  'POST /v1/properties': {
    400: [...TEXTS, 'notAllowed', 'reservedName'],
    409: ['exists', 'limitReached'],
  },
  'GET /v1/properties/{key}': {},

  'GET /v1/segments': {},
  'POST /v1/segments': { 400: SEGMENT, 409: ['limitReached'] },
  'POST /v1/segments/preview': { 400: RULE },
  'GET /v1/segments/{id}': {},
  'PATCH /v1/segments/{id}': { 400: SEGMENT, 409: ['immutable'] },
  'DELETE /v1/segments/{id}': { 409: ['immutable'] },
  'GET /v1/segments/{id}/users': { 400: ['unknownField'] },
  'POST /v1/segments/{id}/members': { 400: ['tooMany'], 409: ['notManual', 'limitReached'] },
  'PUT /v1/segments/{id}/members': { 400: ['tooMany'], 409: ['notManual', 'limitReached'] },
  'DELETE /v1/segments/{id}/members': { 400: ['tooMany'], 409: ['notManual'] },
  'DELETE /v1/segments/{id}/members/{ref}': { 409: ['notManual'] },

  'GET /v1/imports/template': {},
  'POST /v1/imports': { 400: [...RECIPIENTS, ...TEXTS, 'notAllowed'] },
  'GET /v1/imports/{id}': {},

  'POST /v1/exports': { 400: [...RULE, ...RECIPIENTS, 'unknownReference'] },
  'GET /v1/exports/{id}': {},

  'GET /v1/logs': { 400: ['invalidDatetime'] },
  'GET /v1/logs/{id}': {},
  'POST /v1/logs/{id}/links': { 400: ['unknownReference'], 409: ['notFinished'], 410: ['gone'] },
  'DELETE /v1/logs/{id}/links': {},
  'GET /d/{token}': { 410: ['gone'] },

  'GET /v1/keys': {},
  'POST /v1/keys': { 400: [...RECIPIENTS, ...TEXTS, 'notAllowed', 'invalidDatetime', 'outOfRange'] },
  'DELETE /v1/keys/{id}': { 409: ['lastOwner'] },
};
