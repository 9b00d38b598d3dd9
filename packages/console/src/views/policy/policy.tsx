/** The rules an app lives under: each value, the layer it comes from, and what the last reload of the file changed. */
import { part, v1 } from '../../api/request.ts';
import { useResource } from '../../api/resource.ts';
import { Badge, type Tone } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { EmptyState, ErrorState, SkeletonRows } from '../../design/states.tsx';
import { Time } from '../../design/time.tsx';
import { t, textOf } from '../../messages/index.ts';
import { useEvery } from '../../state/refresh.ts';
import type { ViewProps } from '../view.ts';
import './policy.css';
import { groupOf, POLICY_GROUPS, type PolicyInForce, type PolicyLayer, type PolicyValue } from './units.ts';
import { Value } from './value.tsx';

/** A changed file is in force within seconds. Units: milliseconds. */
const AGAIN = 15_000;

export default function Policy({ params: { app = '' } }: ViewProps) {
  const policy = useResource(`policy ${app}`, (signal) => v1<PolicyInForce>(`/apps/${part(app)}/policy`, { signal }));
  useEvery(AGAIN, () => void policy.reload());
  const { data, error } = policy;
  return (
    <>
      <div class="page-head">
        <h1>{t('view.policy')}</h1>
        <div class="actions">
          <Button
            icon="download"
            why={data === null ? t('state.loading') : null}
            onClick={() => data && downloadLines(`${app}-policy`, data.values)}
          >
            {t('action.download')}
          </Button>
        </div>
        {data !== null && <p class="sub">{data.file === null ? t('policy.noFile') : t('policy.file', data.file)}</p>}
      </div>
      {data === null ? (
        <div class="card">
          {error === null ? (
            <SkeletonRows rows={12} />
          ) : (
            <ErrorState problem={error} onRetry={() => void policy.reload()} />
          )}
        </div>
      ) : (
        <div class="policy">
          <div class="policy-groups">
            {POLICY_GROUPS.map((group) => (
              <Group
                key={group}
                name={t(`policy.group.${group}`)}
                values={data.values.filter(({ name }) => groupOf(name) === group)}
              />
            ))}
          </div>
          <aside class="policy-side">
            <Reload reload={data.reload} />
            <Layers />
          </aside>
        </div>
      )}
    </>
  );
}

function Group({ name, values }: { readonly name: string; readonly values: readonly PolicyValue[] }) {
  if (values.length === 0) return null;
  return (
    <section class="card">
      <h2 class="card-head">{name}</h2>
      <dl class="policy-values">
        {values.map(({ name, value, from }) => (
          <div key={name} class="policy-value">
            <dt>
              <span>{textOf(`policy.name.${name}`) ?? name}</span>
              <code class="faint">{name}</code>
            </dt>
            <dd>
              <Value name={name} value={value} />
              <Layer from={from} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const TONES: Readonly<Record<PolicyLayer, Tone>> = { app: 'accent', defaults: 'good', 'built-in': 'plain' };

function Layer({ from }: { readonly from: PolicyLayer }) {
  return <Badge tone={TONES[from] ?? 'plain'}>{textOf(`policy.layer.${from}`) ?? from}</Badge>;
}

function Layers() {
  return (
    <section class="card">
      <h2 class="card-head">{t('policy.layers')}</h2>
      <ul class="card-body policy-layers">
        {(['app', 'defaults', 'built-in'] as const).map((from) => (
          <li key={from}>
            <Layer from={from} />
            <span class="soft">{t(`policy.layerText.${from}`)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Reload({ reload }: Pick<PolicyInForce, 'reload'>) {
  if (reload === null) {
    return (
      <section class="card">
        <h2 class="card-head">{t('policy.reload')}</h2>
        <p class="card-body soft">{t('policy.reloadNone')}</p>
      </section>
    );
  }
  return (
    <section class="card">
      <div class="card-head">
        <h2>{t('policy.reload')}</h2>
        <span class="soft">
          <Time at={reload.at} />
        </span>
      </div>
      {reload.changed.length === 0 ? (
        <EmptyState icon="check" title={t('policy.reloadSame')} />
      ) : (
        <ul class="policy-changes">
          {reload.changed.map(({ name, before, after }) => (
            <li key={name}>
              <span class="policy-changed">{textOf(`policy.name.${name}`) ?? name}</span>
              <span class="policy-step">
                <span class="hidden-visually">{t('policy.before')} </span>
                <Value name={name} value={before} />
                <span aria-hidden="true" class="faint">
                  →
                </span>
                <span class="hidden-visually">{t('policy.after')} </span>
                <strong>
                  <Value name={name} value={after} />
                </strong>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
