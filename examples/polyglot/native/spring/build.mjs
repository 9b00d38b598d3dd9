// Builds the page of Spring for run.mjs. No part of the example to copy.
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../programs.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const adapters = (path) => here(`../../../../adapters/${path}`);
export const SPRING_JAR = here('target/page.jar');

/**
 * Builds the page and our adapter together, in a copy: Maven then needs nothing of ours from a repository, and does not disturb another build of the
 * adapter. Done once for the same sources. `folder`: where it is built.
 */
export async function buildSpring(folder) {
  const mark = here('target/built-from');
  const wanted = sourcesOf(here('src'), here('pom.xml'), adapters('java'));
  if (existsSync(SPRING_JAR) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  const copy = join(folder, 'java');
  const isSource = (path) => !/\/target$/.test(path);
  cpSync(adapters('java'), join(copy, 'adapter'), { recursive: true, filter: isSource });
  cpSync(here('.'), join(copy, 'page'), { recursive: true, filter: isSource });
  const modules = ['adapter', 'page'].map((module) => `<module>${module}</module>`).join('');
  const names = '<groupId>shop</groupId><artifactId>all</artifactId><version>1</version><packaging>pom</packaging>';
  writeFileSync(
    join(copy, 'pom.xml'),
    `<project><modelVersion>4.0.0</modelVersion>${names}<modules>${modules}</modules></project>`,
  );
  const left = ['-DskipTests', '-Dmaven.javadoc.skip', '-Dmaven.source.skip', '-Dspotless.check.skip'];
  await run(['mvn', '--batch-mode', '--no-transfer-progress', '--quiet', 'package', '-pl', 'page', '-am', ...left], {
    cwd: copy,
  });
  mkdirSync(here('target'), { recursive: true });
  copyFileSync(join(copy, 'page/target/page-1.jar'), SPRING_JAR);
  writeFileSync(mark, wanted);
}

/** Gives a hash of all that is in files and folders, but for what was built. */
function sourcesOf(...paths) {
  const files = paths.flatMap((path) =>
    path.endsWith('.xml')
      ? path
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  );
  const hash = createHash('sha256');
  for (const file of files.filter((path) => !path.includes('/target/')).sort()) hash.update(readFileSync(file));
  return hash.digest('hex');
}
