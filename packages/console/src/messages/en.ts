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
  'app.other': 'Another app …',
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
  'search.go': 'Search',
  'search.label': 'Search a subject, a session id or a token',
  'search.placeholder': 'Subject, session id or token',
  'shell.skip': 'Skip to the content',

  // words of the server
  'event.key.changed': 'Keys changed',
  'event.policy.changed': 'Policy changed',
  'event.session.created': 'Begun',
  'event.session.ended': 'Ended',
  'event.session.rotated': 'New token',
  'event.session.suspect': 'Suspect',
  'event.session.updated': 'Changed',
  'reason.absolute': 'Absolute deadline',
  'reason.app': 'With the whole app',
  'reason.cap': 'Too many sessions',
  'reason.idle': 'Not used',
  'reason.logout': 'Logged out',
  'reason.moved': 'Moved to a new id',
  'reason.replaced': 'Replaced',
  'reason.revoked': 'Ended by its id',
  'reason.subject': 'With all of the user',

  // overview
  'overview.active': (window: string) => `Active within ${window}`,
  'overview.begun': 'Begun',
  'overview.begunLegend': 'Sessions begun',
  'overview.begunNone': 'No session began in this time.',
  'overview.begunSummary': (total: string, most: string, at: string) =>
    `${total} sessions began. The most in one step were ${most}, at ${at}. The table below has all numbers.`,
  'overview.busiest': (count: string, at: string) => `most: ${count} at ${at}`,
  'overview.day': 'Last day',
  'overview.ended': 'Ended',
  'overview.endedNone': 'No session ended in this time.',
  'overview.endedSummary': (total: string, parts: string) =>
    `${total} sessions ended: ${parts}. The table below has all numbers.`,
  'overview.group.cap': 'Too many of a user',
  'overview.group.ended': 'Ended by others',
  'overview.group.expired': 'Expired',
  'overview.group.left': 'Logged out',
  'overview.group.other': 'Replaced or moved',
  'overview.hour': 'Last hour',
  'overview.nothing': 'Nothing began or ended in this time.',
  'overview.now': 'now',
  'overview.ofSubjects': (count: number, text: string) => (count === 1 ? 'of 1 user' : `of ${text} users`),
  'overview.period': 'Period',
  'overview.sessions': 'Sessions',
  'overview.since': (at: string) => `This server counts since ${at}. What was before is not known.`,
  'overview.step': 'From',
  'overview.subjects': 'Users',
  'overview.table': 'The same in numbers',
  'view.events': 'Live events',
  'view.bulk': 'End many',
  'view.policy': 'Policy',
  'view.webhooks': 'Webhooks',
  'view.keys': 'Keys',
  'view.audit': 'Audit',
  'view.overview': 'Overview',

  // live events
  'events.away': 'The stream is cut.',
  'events.awayIn': (seconds: number) =>
    seconds === 0 ? 'Asking now …' : `Asked again in ${seconds} s; nothing is left out.`,
  'events.by': (name: string) => `by ${name}`,
  'events.clear': 'Clear',
  'events.connecting': 'Connecting …',
  'events.filterChanged': 'The filter was changed: what it lets through more begins here.',
  'events.guest': 'guest',
  'events.held': 'Held – go on',
  'events.list': 'Events, the newest first',
  'events.new': (count: number, text: string) => (count === 1 ? '1 new' : `${text} new`),
  'events.none': 'Nothing has happened yet',
  'events.noneMatch': 'Nothing that matches has happened yet',
  'events.noneMatchText': 'What matches the filter is shown as soon as it happens.',
  'events.noneText': (capacity: string) =>
    `Logins and ends are shown as they happen. The last ${capacity} are kept in this page.`,
  'events.nothingYet': 'There is nothing yet.',
  'events.off': 'This app keeps no events',
  'events.offText': 'Whoever runs the server can switch them on in the rules of the app, in the policy file:',
  'events.open': 'Live',
  'events.pause': 'Pause',
  'events.rate': (count: number, text: string) =>
    count === 1 ? '1 event in the last minute' : `${text} events in the last minute`,
  'events.resume': 'Go on',
  'events.resync': 'Something is missing here: it is not kept any more, or came too fast.',
  'events.session': (id: string) => `Session ${id}`,
  'events.subject': 'Only of this user',
  'events.types': 'Only these events',

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
};

/** What every language must have: the same keys, with functions of the same arguments. */
export type Messages = {
  readonly [Key in keyof typeof en]: (typeof en)[Key] extends (...values: infer Values) => string
    ? (...values: Values) => string
    : string;
};
