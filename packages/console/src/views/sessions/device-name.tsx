import { Icon, type IconName } from '../../design/icon.tsx';
import { t } from '../../messages/index.ts';
import { type DeviceKind, deviceOf } from './device.ts';

const ICONS: Readonly<Record<DeviceKind, IconName>> = {
  desktop: 'device',
  mobile: 'phone',
  program: 'program',
  unknown: 'device',
};

/** The device of a session, with its user agent on hover. All of it is text of a stranger. */
export function DeviceName({ userAgent }: { readonly userAgent: string | null }) {
  const { name, kind } = deviceOf(userAgent);
  return (
    <span class="device-name" title={userAgent ?? undefined}>
      <Icon name={ICONS[kind]} />
      <span class="cut">{name ?? t('device.unknown')}</span>
    </span>
  );
}
