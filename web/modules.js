/**
 * The modules of this page: plain scripts, which also run from file://, where a browser loads neither ES modules nor
 * workers by their address. Each script hands over one function that makes its module; the text of these functions is
 * the program of the worker.
 */
(function (root) {
  "use strict";

  function createModules() {
    const factories = new Map();
    const made = new Map();

    /** Registers a module; `factory(use)` returns it. */
    function define(name, factory) {
      factories.set(name, factory);
    }

    /** The module of that name, made on first use. */
    function use(name) {
      if (!made.has(name)) {
        const factory = factories.get(name);
        if (factory === undefined) throw new Error(`no module ${name}`);
        made.set(name, factory(use));
      }
      return made.get(name);
    }

    /** The program of a worker that holds all modules outside of `page/` and starts with the module `entry`. */
    function workerSource(entry) {
      const parts = ['"use strict";', `self.nsos = (${createModules})();`];
      for (const [name, factory] of factories) {
        if (!name.startsWith("page/")) parts.push(`nsos.define(${JSON.stringify(name)}, ${factory});`);
      }
      parts.push(`nsos.use(${JSON.stringify(entry)});`);
      return parts.join("\n");
    }

    return { define, use, workerSource };
  }

  root.nsos = createModules();
})(globalThis);
