import type { Messages } from './en.ts';

/** Alle Texte der Konsole auf Deutsch. */
export const de: Messages = {
  // überall
  'action.cancel': 'Abbrechen',
  'action.close': 'Schließen',
  'action.download': 'Angezeigtes herunterladen',
  'action.reload': 'Neu laden',
  'action.retry': 'Nochmals versuchen',
  'app.label': 'App',
  'app.open': 'App öffnen',
  'app.other': 'Andere App …',
  'product.name': 'REST-Sessions',

  // Zustände
  'state.failed': 'Das konnte nicht geladen werden',
  'state.forbidden': 'Nicht für Ihre Rolle',
  'state.loading': 'Wird geladen',
  'state.needsAllApps': 'Das sieht nur, wer alle Apps sehen darf. Fragen Sie, wer Ihnen den Zugang gegeben hat.',
  'state.needsScope': (scope) =>
    `Dafür braucht es den Scope „${scope}“, den Ihr Zugang nicht hat. Fragen Sie, wer ihn Ihnen gegeben hat.`,
  'state.notFound': 'Diese Seite gibt es nicht',
  'state.notFoundText': 'Die Adresse ist vielleicht abgeschnitten oder aus einer anderen Version.',

  // die Fehlercodes des Servers als Sätze
  'problem.app_not_found': 'Der Server bedient diese App nicht.',
  'problem.audit_unavailable':
    'Das Audit-Log kann nicht geschrieben werden, und ohne Zeile darin wird nichts beendet. Sagen Sie es denen, die den Server betreiben.',
  'problem.away': 'Der Server antwortet nicht. Er wird von selbst wieder gefragt.',
  'problem.forbidden': 'Das darf Ihr Zugang hier nicht.',
  'problem.other': (code, detail) => (detail === '' ? `Der Server sagt „${code}“.` : `${detail} (${code})`),
  'problem.overloaded': 'Der Server tut, was er kann. Versuchen Sie es gleich noch einmal.',
  'problem.rate_limited': (seconds) =>
    seconds === null
      ? 'Zu viele Anfragen. Warten Sie einen Moment.'
      : `Zu viele Anfragen. Wieder möglich in ${seconds} s.`,
  'problem.session_not_found': 'Diese Sitzung gibt es nicht mehr: Sie ist beendet oder abgelaufen.',
  'problem.store_unavailable': 'Der Speicher der Sitzungen antwortet nicht. Im Moment ist nichts über sie bekannt.',
  'problem.unauthorized': 'Sie sind nicht mehr angemeldet.',

  // Rahmen
  'banner.away': 'Der Server antwortet nicht. Was Sie sehen, ist vielleicht alt; Eingaben gehen nicht verloren.',
  'home.text': 'Sitzungen gehören zu einer App. Zu welcher?',
  'home.title': 'App öffnen',
  'keys.end': 'Ausgewählte beenden',
  'keys.openRow': 'Zeile öffnen',
  'keys.rows': 'Durch eine Liste gehen',
  'keys.select': 'Zeile auswählen',
  'keys.close': 'Schließen, oder ein Feld verlassen',
  'keys.go': (view) => `Zu: ${view}`,
  'keys.help': 'Diese Tasten zeigen',
  'keys.search': 'Suchen',
  'keys.title': 'Tasten',
  'menu.account': 'Konto und Anzeige',
  'menu.apps': (apps) => `Apps: ${apps}`,
  'menu.appsAll': 'Alle Apps',
  'menu.keys': 'Tasten',
  'menu.keysOff': 'Aus',
  'menu.keysOn': 'An',
  'menu.keysShow': 'Tasten zeigen',
  'menu.language': 'Sprache',
  'menu.logout': 'Abmelden',
  'menu.logoutEverywhere': 'Überall abmelden',
  'menu.navigation': 'Menü',
  'menu.scopes': (scopes) => `Scopes: ${scopes}`,
  'menu.theme': 'Farben',
  'menu.themeDark': 'Dunkel',
  'menu.themeLight': 'Hell',
  'menu.themeSystem': 'System',
  'menu.zone': 'Zeiten',
  'menu.zoneLocal': 'Lokal',
  'menu.zoneUtc': 'UTC',
  'navigation.label': 'Ansichten',
  'navigation.ofServer': 'Server',
  'search.go': 'Suchen',
  'search.label': 'Subject, Sitzungs-ID oder Token suchen',
  'search.placeholder': 'Subject, Sitzungs-ID oder Token',
  'shell.skip': 'Zum Inhalt',

  // Anmeldung
  'login.ended': 'Ihre Anmeldung ist zu Ende. Melden Sie sich an, um hier weiterzumachen.',
  'login.everywhere': (count) =>
    count === 1 ? 'Abgemeldet, 1 Anmeldung beendet.' : `Abgemeldet, ${count} Anmeldungen beendet.`,
  'login.key': 'API-Schlüssel',
  'login.keyHint': 'Ihre Rolle ist, was der Schlüssel darf. Er bleibt nicht in diesem Browser.',
  'login.name': 'Name',
  'login.open': 'Dieser Server hat keine Schlüssel: Wer ihn erreicht, darf alles.',
  'login.openGo': 'Weiter',
  'login.password': 'Passwort',
  'login.refused': 'Das ist hier nicht bekannt oder gilt nicht mehr.',
  'login.refusedWait': (seconds) => `Zu viele Versuche. Der nächste in ${seconds} s.`,
  'login.submit': 'Anmelden',
  'login.version': (version) => `Version ${version}`,
  'login.way': 'Art der Anmeldung',
  'login.wayKey': 'API-Schlüssel',
  'login.wayPassword': 'Name und Passwort',
  'view.login': 'Anmelden',
};
