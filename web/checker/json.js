nsos.define("checker/json", (use) => {
  "use strict";
  const { Invalid, demand } = use("checker/invalid");

  const MAX_DEPTH = 500;
  const MAX_INTEGER = 4300;
  const SPACE = /[ \t\n\r]*/y;
  const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
  const UNUSUAL = /[\\\u0000-\u001f]/;

  /** A number with a decimal point or an exponent. No value of a certificate is one, so only its text is kept. */
  class Decimal {
    constructor(text) {
      this.text = text;
    }
  }

  /**
   * A JSON value. JSON.parse would round integers, take 2.0 for 2 and overlook repeated keys; here integers are exact
   * (numbers, or BigInt where long), objects are of type Map, and a repeated key is an error.
   */
  function parseJson(text) {
    let at = 0;

    function fail(wanted) {
      throw new Invalid(`not JSON: expected ${wanted} at character ${at}`);
    }

    function skip() {
      SPACE.lastIndex = at;
      SPACE.exec(text);
      at = SPACE.lastIndex;
      return text[at];
    }

    function word(letters, value) {
      if (!text.startsWith(letters, at)) fail("a value");
      at += letters.length;
      return value;
    }

    function string() {
      let end = text.indexOf('"', at + 1);
      if (end < 0) fail("the end of a string");
      let inner = text.slice(at + 1, end);
      if (!UNUSUAL.test(inner)) {
        at = end + 1;
        return inner;
      }
      while (isEscaped(end)) {
        end = text.indexOf('"', end + 1);
        if (end < 0) fail("the end of a string");
      }
      inner = text.slice(at, end + 1);
      try {
        inner = JSON.parse(inner); // of one string, where it is exact
      } catch {
        fail("a string");
      }
      at = end + 1;
      return inner;
    }

    function isEscaped(place) {
      let slashes = 0;
      while (text[place - 1 - slashes] === "\\") slashes += 1;
      return slashes % 2 === 1;
    }

    function number() {
      NUMBER.lastIndex = at;
      const found = NUMBER.exec(text);
      if (found === null) fail("a value");
      const [digits, fraction, exponent] = found;
      at = NUMBER.lastIndex;
      if (fraction !== undefined || exponent !== undefined) return new Decimal(digits);
      if (digits.length < 16) return Number(digits) + 0; // -0 becomes 0
      demand(
        digits.length <= MAX_INTEGER,
        `a JSON integer of ${digits.length} characters: expected numbers as strings`,
      );
      return BigInt(digits);
    }

    function list(depth) {
      const items = [];
      at += 1;
      if (skip() === "]") {
        at += 1;
        return items;
      }
      for (;;) {
        items.push(value(depth));
        const next = skip();
        at += 1;
        if (next === "]") return items;
        if (next !== ",") {
          at -= 1;
          fail("a comma or the end of the list");
        }
      }
    }

    function object(depth) {
      const items = new Map();
      at += 1;
      if (skip() === "}") {
        at += 1;
        return items;
      }
      for (;;) {
        if (skip() !== '"') fail("a key");
        const key = string();
        demand(!items.has(key), `the key ${shortened(key)} appears twice in one JSON object`);
        if (skip() !== ":") fail("a colon");
        at += 1;
        items.set(key, value(depth));
        const next = skip();
        at += 1;
        if (next === "}") return items;
        if (next !== ",") {
          at -= 1;
          fail("a comma or the end of the object");
        }
      }
    }

    function value(depth) {
      demand(depth < MAX_DEPTH, "the JSON is nested too deeply");
      switch (skip()) {
        case "[":
          return list(depth + 1);
        case "{":
          return object(depth + 1);
        case '"':
          return string();
        case "n":
          return word("null", null);
        case "t":
          return word("true", true);
        case "f":
          return word("false", false);
        default:
          return number();
      }
    }

    const found = value(0);
    if (skip() !== undefined) fail("nothing more");
    return found;
  }

  function shortened(key) {
    return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}...` : key);
  }

  return { parseJson };
});
