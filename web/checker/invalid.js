nsos.define("checker/invalid", () => {
  "use strict";

  /** Why a certificate proves nothing. */
  class Invalid extends Error {}

  function demand(condition, message) {
    if (!condition) throw new Invalid(message);
  }

  return { Invalid, demand };
});
