/** What a user agent says of a device, in words. Free of the screen. What bowser does not know is shown as it came. */
import Bowser from 'bowser';

export type DeviceKind = 'desktop' | 'mobile' | 'program' | 'unknown';

export interface Device {
  /** `Firefox 145 · Linux`; the user agent itself where it is of no known browser. Absence: null without a user agent. */
  readonly name: string | null;
  readonly kind: DeviceKind;
}

const UNKNOWN: Device = { name: null, kind: 'unknown' };
/** Lists are drawn again and again, and a parse has a hundred patterns. */
const KEPT = 500;
const known = new Map<string, Device>();

export function deviceOf(userAgent: string | null): Device {
  if (userAgent === null || userAgent.trim() === '') return UNKNOWN;
  let device = known.get(userAgent);
  if (device === undefined) {
    device = parsed(userAgent);
    if (known.size >= KEPT) known.clear();
    known.set(userAgent, device);
  }
  return device;
}

function parsed(userAgent: string): Device {
  const { browser, os, platform } = Bowser.parse(userAgent);
  const isMobile = platform.type === 'mobile' || platform.type === 'tablet';
  const system = os.name === undefined ? null : systemName(os.name, os.versionName ?? null, os.version ?? null);
  // bowser takes the first word of anything for a browser: only one that has a system or a platform is one.
  if (browser.name === undefined || browser.name === '' || (system === null && platform.type === undefined)) {
    return { name: userAgent, kind: 'program' };
  }
  const major = browser.version?.split('.')[0];
  // That browser ended with Android 4: it is Chrome in a user agent that was cut, as histories have them.
  const isCut = browser.name === 'Android Browser' && Number.parseInt(os.version ?? '', 10) > 4;
  const name = isCut ? '' : [browser.name.replace(/^Microsoft /, ''), major].filter(Boolean).join(' ');
  return { name: [name, system].filter(Boolean).join(' · '), kind: isMobile ? 'mobile' : 'desktop' };
}

/** Windows says `NT 10.0` for 10 and 11, and macOS `10.15` for all since: a number that is not true is left out. */
function systemName(name: string, versionName: string | null, version: string | null): string {
  if (name === 'Windows')
    return versionName !== null && !/^(?:10|NT)/.test(versionName) ? `${name} ${versionName}` : name;
  if (name === 'macOS' || name === 'Linux') return name;
  const major = version?.split('.')[0];
  return major === undefined || major === '' ? name : `${name} ${major}`;
}
