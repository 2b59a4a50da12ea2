import { nameIf, type Layout } from './layout.ts';

const ofApp = /^(?:(.*)\/)?migrations\/([A-Za-z0-9][^/]*)\.py$/;
const ownFolder = /^\d+_[^/]*\.py$/;

/**
 * Python modules in the folder `migrations` of each app: the folder of the catalog is that of the project, or that of
 * one app's migrations. They depend on each other by what they say inside, so their names give no order.
 */
export const django: Layout = {
  files: '<app>/migrations/<name>.py',
  nameOf: (path) => {
    const [, app, name] = ofApp.exec(path) ?? [];
    if (name === undefined) return nameIf(ownFolder, path);
    return app === undefined ? `${name}.py` : `${app}/${name}.py`;
  },
  ignores: (path) =>
    !path.endsWith('.py') ||
    /(^|\/)_[^/]*$/.test(path) ||
    (path.includes('/') && !ofApp.test(path)) ||
    path === 'manage.py',
};
