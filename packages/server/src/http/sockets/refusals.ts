/** Answers to requests that Node has parsed, and that get no route. */
import type { ServerResponse } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import { closingAnswer, errorForm, HEADERS, plainProblem, STATUS } from '../message/problem.ts';
import { routePath } from '../message/target.ts';
import { ALL_METHODS } from './bare-connection.ts';

/** Answers `OPTIONS *`, which asks about the server and not about a path of it. */
export function tellMethods(outgoing: ServerResponse): void {
  outgoing.writeHead(204, { ...HEADERS, Allow: ALL_METHODS }).end();
}

/** Answers in the form of the path, and ends the connection. */
export function refuse(target: string, outgoing: ServerResponse, error: ServiceError, requestId: string): void {
  const { body, headers } = closingAnswer(error, errorForm(routePath(target)), requestId);
  outgoing.writeHead(STATUS[error.code], headers).end(body);
}

export const MISSPELT = new ServiceError(
  'bad_request',
  'the request line must have one space before and after the target',
);
export const NO_URL = new ServiceError('bad_request', 'the request target or the Host header is not valid');
export const OVERLOADED = new ServiceError('overloaded', 'the server is busy; nothing was done; try again');

/** Turns a request away at once, and keeps its connection: the client may try again on it. */
export function refuseOverload(target: string, outgoing: ServerResponse, requestId: string): void {
  const { body, headers } = plainProblem(OVERLOADED, errorForm(routePath(target)), requestId);
  outgoing.writeHead(STATUS.overloaded, headers).end(body);
}
