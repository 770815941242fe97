import {
  amount,
  anything,
  choice,
  isAmount,
  isObject,
  isReplacement,
  onOff,
  type FaultDescription,
} from './fault-description.js'
import type { TransportFaults } from './fault-values.js'

/** What can happen to the bytes of an answer, at every endpoint. */
export const transportFaults: Readonly<Record<keyof TransportFaults, FaultDescription>> = {
  hang: onOff('takes the request and never answers'),
  delay: amount('milliseconds', 1000, 'answers rightly, but only after this long'),
  drip: amount('milliseconds', 1000, 'sends the right answer one byte at a time, this long apart'),
  reset: choice(
    ['mid-body', 'at-once'],
    'resets the connection: after half of the right body, or before any byte',
  ),
  status: anything(
    'a status, or `{ status, headers?, body? }`',
    (value) => isAmount(value) || isObject(value),
    'answers with this status, by default with an error in JSON; `204` and `304` have no body',
    500,
  ),
  headers: anything(
    'object of headers',
    isObject,
    'the right answer with these headers replaced; `undefined` takes one away',
  ),
  body: anything(
    'text, bytes, or a function of the right body',
    isReplacement,
    'the right status and headers with this body',
    '',
  ),
  html: onOff('answers 200 with an HTML page, as a log-in wall in front of the endpoint would'),
  truncate: onOff('sends only the first half of the body, and ends as if that were all'),
  gzip: choice(
    ['truncated', 'bomb', 'good'],
    'compresses the body: cut off half way, with 100 MiB of white space in front of it, or as it should be',
  ),
  huge: amount(
    'bytes; `Infinity` never ends',
    100 * 1024 * 1024,
    'sends this much white space in front of the right body, so that only a limit can refuse it',
  ),
  redirect: anything(
    'a status, or `{ status?, location }`',
    (value) => isAmount(value) || isObject(value),
    "redirects, by default to the simulator's own `/elsewhere` address; requests there are recorded as `elsewhere`",
    307,
  ),
}
