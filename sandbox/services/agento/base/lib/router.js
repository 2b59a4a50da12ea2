'use strict';

const { Refused } = require('./refused');

const decode = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refused(400, 'the path is not well encoded');
  }
};

const compile = (route) => ({ ...route, pattern: new RegExp(`^${route.path.replace(/:([A-Za-z]+)/g, '(?<$1>[^/]+)')}$`) });

/** Finds the route of a method and a path, with the path's parameters. Throws 405 or 404 where there is none. */
exports.createRouter = (routes) => {
  const compiled = routes.map(compile);
  return (method, path) => {
    const there = compiled.filter(({ pattern }) => pattern.test(path));
    const route = there.find((each) => each.method === method);
    if (there.length > 0 && !route) throw new Refused(405, `${path} does not take ${method}`);
    if (!route) throw new Refused(404, `no route ${method} ${path}`);
    const groups = Object.entries(route.pattern.exec(path).groups ?? {});
    return { route, params: Object.fromEntries(groups.map(([name, value]) => [name, decode(value)])) };
  };
};
