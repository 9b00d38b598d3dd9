/**
 * Why something that a source had was not taken. One table, so that the summary says the same of every source: the code is for
 * programs (--json), the words follow a count and come before an example.
 */
export const LEFT = {
  expired: 'had expired',
  ended: 'were ended there while they were taken',
  gone: 'were counted by an index, and the sessions themselves were gone',
  ghost: 'had no user any more: ended there, and written once more by a request that was on its way',
  wrong_type: 'had a value of another type in the place of a session',
  unreadable: 'could not be read: not written in the form of this kind',
  foreign: 'were no sessions, but something else in the same place',
  empty: 'kept nothing',
  other_form: 'were written by php_binary or igbinary, which are not read',
  unmovable: 'had an object that writes itself (Serializable) beside references, which only PHP can move',
  wrong_signature: 'had a signature that does not fit the secret',
  older_form: 'were of an older form that its own library does not read any more',
  pickled: 'were written by PickleSerializer, which only Python itself can read',
  only_java: 'had their login as an object that only Java can make of its JSON',
  value: 'had a value that has no form here, and were taken without it',
  other_app: 'belonged to other apps than --app',
  invalid_app: 'had an app whose name is not allowed here',
  invalid_subject: 'had a user id that is not allowed here',
  invalid_id: 'had an id that is none, or not one of its user',
  invalid_token: 'had a token that is not allowed here',
  invalid_times: 'had times or timeouts that are not allowed here',
  invalid_member: 'had another member that is not allowed here (ip, user agent, label)',
  invalid_data: 'had data that is no JSON object by our rules',
  data_too_large: 'had more data than a session may have here',
} as const;

export type LeftReason = keyof typeof LEFT;
