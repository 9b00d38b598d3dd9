/**
 * All texts of the console in English; the other languages have the same keys. One key is one text or one function of what
 * varies, so that plurals are the language's own business. Grouped by where they are read.
 */
export const en = {
  // everywhere
  'action.cancel': 'Cancel',
  'action.close': 'Close',
  'action.download': 'Download what is shown',
  'action.reload': 'Load again',
  'action.retry': 'Try again',
  'app.label': 'App',
  'app.open': 'Open app',
  'product.name': 'REST-Sessions',

  // states
  'state.failed': 'This could not be loaded',
  'state.forbidden': 'Not for your role',
  'state.loading': 'Loading',
  'state.needsAllApps': 'Only those who may see all apps can see this. Ask whoever gave you your login.',
  'state.needsScope': (scope: string) =>
    `This needs the scope “${scope}”, which your login does not have. Ask whoever gave it to you.`,
  'state.notFound': 'There is no such page',
  'state.notFoundText': 'The address may be cut off, or from another version.',

  // the server's error codes, as sentences
  'problem.app_not_found': 'The server does not serve this app.',
  'problem.audit_unavailable':
    'The audit log cannot be written, and nothing is ended without a line in it. Tell whoever runs the server.',
  'problem.away': 'The server does not answer. It is asked again by itself.',
  'problem.forbidden': 'Your login may not do this here.',
  'problem.other': (code: string, detail: string) =>
    detail === '' ? `The server said “${code}”.` : `${detail} (${code})`,
  'problem.overloaded': 'The server is doing as much as it can. Try again in a moment.',
  'problem.rate_limited': (seconds: number | null) =>
    seconds === null ? 'Too many requests. Wait a moment.' : `Too many requests. Try again in ${seconds} s.`,
  'problem.session_not_found': 'There is no such session any more: it has ended or expired.',
  'problem.store_unavailable': 'The store of the sessions does not answer. Nothing is known about them for now.',
  'problem.unauthorized': 'You are not logged in any more.',

  // frame
  'banner.away': 'The server does not answer. What you see may be old; nothing you typed is lost.',
  'home.text': 'Sessions belong to an app. Which one?',
  'home.title': 'Open an app',
  'keys.end': 'End what is selected',
  'keys.openRow': 'Open the row',
  'keys.rows': 'Move through a list',
  'keys.select': 'Select the row',
  'keys.close': 'Close this, or leave a field',
  'keys.go': (view: string) => `Go to ${view}`,
  'keys.help': 'Show these keys',
  'keys.search': 'Search',
  'keys.title': 'Keys',
  'menu.account': 'Account and display',
  'menu.apps': (apps: string) => `Apps: ${apps}`,
  'menu.appsAll': 'All apps',
  'menu.keys': 'Keys',
  'menu.keysOff': 'Off',
  'menu.keysOn': 'On',
  'menu.keysShow': 'Show keys',
  'menu.language': 'Language',
  'menu.logout': 'Log out',
  'menu.logoutEverywhere': 'Log out everywhere',
  'menu.navigation': 'Menu',
  'menu.scopes': (scopes: string) => `Scopes: ${scopes}`,
  'menu.theme': 'Colours',
  'menu.themeDark': 'Dark',
  'menu.themeLight': 'Light',
  'menu.themeSystem': 'System',
  'menu.zone': 'Times',
  'menu.zoneLocal': 'Local',
  'menu.zoneUtc': 'UTC',
  'navigation.label': 'Views',
  'navigation.ofServer': 'Server',
  'search.label': 'Search a subject, a session id or a token',
  'search.placeholder': 'Subject, session id or token',
  'shell.skip': 'Skip to the content',

  // login
  'login.ended': 'Your login has ended. Log in to go on where you were.',
  'login.everywhere': (count: number) =>
    count === 1 ? 'Logged out, 1 login ended.' : `Logged out, ${count} logins ended.`,
  'login.key': 'API key',
  'login.keyHint': 'Your role is what the key may do. It is not kept in this browser.',
  'login.name': 'Name',
  'login.open': 'This server has no keys: everyone who reaches it can do everything.',
  'login.openGo': 'Continue',
  'login.password': 'Password',
  'login.refused': 'That is not known here, or not valid any more.',
  'login.refusedWait': (seconds: number) => `Too many tries. The next one in ${seconds} s.`,
  'login.submit': 'Log in',
  'login.version': (version: string) => `Version ${version}`,
  'login.way': 'How to log in',
  'login.wayKey': 'API key',
  'login.wayPassword': 'Name and password',
  'view.login': 'Log in',

  // search
  'search.again': 'The field is empty again: what was in it is kept nowhere.',
  'search.intro':
    'The field above takes a subject, the id of a session, or a token as it was found. A token is sent once, and comes neither into the address nor into a log. Below is who was there last.',
  'search.latest': 'Who was there last',
  'search.nobody': (app: string) => `Nobody is logged in to ${app}`,
  'search.nobodyHint': 'Sessions appear here with the first login, the latest activity first.',
  'search.nothing': (app: string) => `Nothing in ${app} has this subject, session id or token.`,
  'search.nothingHint':
    'A session that has ended is not found by its token. Subjects are found by their whole name only, with upper and lower case as the application writes them.',
  'view.search': 'Sessions',

  // sessions in lists
  'deadline.absolute': 'Final deadline',
  'deadline.idle': 'Idle deadline',
  'deadline.in': (length: string) => `in ${length}`,
  'deadline.none': 'never',
  'deadline.over': 'is over',
  'device.unknown': 'Unknown device',
  'sessions.actions': 'Actions',
  'sessions.device': 'Device',
  'sessions.end': 'End',
  'sessions.endSelected': (count: number) => `End ${count} …`,
  'sessions.firstPage': 'First page',
  'sessions.firstSeen': 'First seen',
  'sessions.ip': 'Address',
  'sessions.isFirst': 'This is the first page.',
  'sessions.isLast': 'This is the last page.',
  'sessions.keepOnly': 'End others',
  'sessions.label': 'Label',
  'sessions.lastSeen': 'Last seen',
  'sessions.nextPage': 'Next page',
  'sessions.noSubject': 'before login',
  'sessions.nothingShown': 'Nothing is shown.',
  'sessions.pageOf': (count: string) => `${count} on this page, the latest activity first`,
  'sessions.select': (device: string) => `Select ${device}`,
  'sessions.selectAll': 'Select all on this page',
  'sessions.selected': (count: number) => `${count} selected`,
  'sessions.subject': 'Subject',
  'sessions.window': 'Last seen within',
  'sessions.windowAll': 'All',
  'sessions.windowDay': 'Last day',
  'sessions.windowHour': 'Last hour',

  // a subject
  'subject.devices': 'Devices',
  'subject.devicesOf': (subject: string) => `Devices of ${subject}`,
  'subject.endAll': 'End all …',
  'subject.eyebrow': 'Subject',
  'subject.history': 'Ended sessions',
  'subject.none': 'Not logged in on any device',
  'subject.noneHint': 'All sessions of this subject have ended or expired, or the name is written differently.',
  'subject.noneLately': 'Nobody was there in this time',
  'subject.noneLatelyHint': 'There may be sessions whose last activity is longer ago.',
  'subject.nothingToEnd': 'There is no session to end.',
  'subject.seeHistory': 'See what has ended',
  'subject.tabs': 'Of this subject',
  'view.subject': 'Devices of a subject',

  // what has ended
  'history.by': 'By',
  'history.empty': 'Nothing has ended yet',
  'history.emptyHint': 'What ends from now on appears here, for as long as the policy of the app keeps it.',
  'history.ended': 'Ended',
  'history.intro': 'The latest end first, up to 100',
  'history.note': 'Reason given',
  'history.off': (app: string) => `${app} keeps no history`,
  'history.offHint': 'To see what has ended, its policy must say for how long, for example:',
  'history.why': 'Why',
  'reason.absolute': 'Longest duration over',
  'reason.app': 'Whole app ended',
  'reason.cap': 'Too many devices',
  'reason.idle': 'Idle for too long',
  'reason.logout': 'Logged out',
  'reason.moved': 'Became another user’s',
  'reason.replaced': 'Replaced by a new one',
  'reason.revoked': 'Ended by someone',
  'reason.subject': 'All of the subject ended',

  // ending
  'done.counts': (before: number, after: number) => `Before: ${before}, now: ${after}.`,
  'done.ended': (count: number) => (count === 1 ? '1 session ended.' : `${count} sessions ended.`),
  'done.failed': (count: number) =>
    count === 1 ? '1 session could not be ended and goes on:' : `${count} sessions could not be ended and go on:`,
  'done.gone': (count: number) => (count === 1 ? '1 was over already.' : `${count} were over already.`),
  'done.more': (count: number) =>
    count === 1
      ? 'One more than expected is there: somebody has logged in meanwhile.'
      : `${count} more than expected are there: somebody has logged in meanwhile.`,
  'end.after': 'Sessions afterwards',
  'end.before': 'Sessions now',
  'end.busy': 'Ending …',
  'end.go': (count: number) => (count === 1 ? 'End 1 session' : `End ${count} sessions`),
  'end.goAll': 'End them',
  'end.nothing': 'Nothing has ended.',
  'end.reason': 'Reason',
  'end.reasonHint': 'Kept with each ended session and in the audit log. For example the number of the ticket.',
  'end.titleAll': 'End all sessions?',
  'end.titleOne': 'End this session?',
  'end.titleOthers': 'End all other sessions?',
  'end.titleSome': (count: number) => (count === 1 ? 'End 1 session?' : `End ${count} sessions?`),
  'end.whatAll': (subject: string) => `${subject} is logged out on every device, at once, and has to log in again.`,
  'end.whatOne': (device: string, subject: string | null) =>
    subject === null
      ? `${device} is logged out at once.`
      : `${subject} is logged out on ${device}, at once, and has to log in again there.`,
  'end.whatOthers': (subject: string, device: string) =>
    `${subject} stays logged in on ${device} and is logged out everywhere else, at once.`,
  'end.whatSome': (count: number, subject: string | null) =>
    subject === null
      ? `Whoever uses one of these ${count} sessions is logged out at once.`
      : `${subject} is logged out on ${count} devices, at once.`,

  // one session
  'event.by': (name: string) => `By ${name}`,
  'event.from': (id: string) => `Before: ${id}`,
  'event.note': (note: string) => `“${note}”`,
  'event.session.created': 'Began',
  'event.session.ended': 'Ended',
  'event.session.rotated': 'Got a new token',
  'event.session.suspect': 'Suspect',
  'event.session.updated': 'Changed',
  'event.suspectFrom': (place: string) => `From: ${place}`,
  'event.suspectWhat': 'A token that had been replaced was shown again. It may have been stolen.',
  'session.active': 'active',
  'session.authenticated': 'Logged in',
  'session.counts': 'Counts',
  'session.countsOf': (version: number, reads: number) =>
    `Version ${version}, ${reads === 1 ? '1 read' : `${reads} reads`}`,
  'session.created': 'Began',
  'session.data': 'Data',
  'session.dataEmpty': 'empty',
  'session.dataHidden': 'Not shown: your login does not have the scope “data”.',
  'session.end': 'End …',
  'session.endOthers': 'End all others …',
  'session.eyebrow': 'Session',
  'session.facts': 'What is known',
  'session.gone': 'There is no such session any more',
  'session.goneHint': 'It has ended or expired, and no history of it is kept.',
  'session.goneNoSubject':
    'It has ended or expired. Who knows its subject finds its end there, under “Ended sessions”.',
  'session.id': 'Session id',
  'session.idleOf': (length: string) => `of ${length}`,
  'session.over': 'ended',
  'session.userAgent': 'User agent',
  'timeline.cut': 'What was earlier is not kept any more.',
  'timeline.empty': 'Nothing is known to have happened',
  'timeline.emptyHint': 'Events are kept for a while only. What happens from now on appears here.',
  'timeline.goOn': 'Look further',
  'timeline.more': 'The journal of the app goes on.',
  'timeline.off': (app: string) => `${app} keeps no events`,
  'timeline.offHint': 'To see what happened to a session, its policy must say:',
  'timeline.title': 'Timeline',
  'view.session': 'Session',
};

/** What every language must have: the same keys, with functions of the same arguments. */
export type Messages = {
  readonly [Key in keyof typeof en]: (typeof en)[Key] extends (...values: infer Values) => string
    ? (...values: Values) => string
    : string;
};
