import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { t } from '../messages/index.ts';
import { views } from '../views/index.ts';
import { isHelpOpen } from './keyboard.ts';

export function KeysDialog() {
  if (!isHelpOpen.value) return null;
  const close = () => {
    isHelpOpen.value = false;
  };
  const keys: (readonly [readonly string[], string])[] = [
    [['/'], t('keys.search')],
    [['?'], t('keys.help')],
    [['Esc'], t('keys.close')],
    ...views
      .filter(({ key }) => key !== undefined)
      .map(({ key, title }) => [['g', key!], t('keys.go', t(title))] as const),
    [['↑', '↓'], t('keys.rows')],
    [['Space'], t('keys.select')],
    [['Enter'], t('keys.openRow')],
    [['e'], t('keys.end')],
  ];
  return (
    <Dialog title={t('keys.title')} onClose={close} actions={<Button onClick={close}>{t('action.close')}</Button>}>
      <dl class="pairs keys">
        {keys.map(([pressed, what]) => (
          <div key={pressed.join(' ')} class="keys-pair">
            <dt>
              {pressed.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
