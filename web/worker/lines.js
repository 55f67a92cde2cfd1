nsos.define("worker/lines", (use) => {
  "use strict";
  const limits = use("checker/limits");

  const NEWLINE = 10;
  const BLANK = new Set([9, 10, 11, 12, 13, 32]);

  /** The lines of a Blob that are not blank, {number, start, end}, by their places in bytes. */
  async function* linesOf(blob) {
    let [at, start, number, isBlank] = [0, 0, 1, true];
    const reader = blob.stream().getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (let i = 0; i < value.length; i += 1) {
        const byte = value[i];
        if (byte !== NEWLINE) {
          if (isBlank && !BLANK.has(byte)) isBlank = false;
          continue;
        }
        if (!isBlank) yield { number, start, end: at + i };
        start = at + i + 1;
        number += 1;
        isBlank = true;
      }
      at += value.length;
    }
    if (!isBlank) yield { number, start, end: at };
  }

  /** A part of a Blob as text, or null where it is no UTF-8 or too long. */
  async function textOf(blob, start, end) {
    if (end - start > limits.bytes) return null;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await blob.slice(start, end).arrayBuffer());
    } catch {
      return null;
    }
  }

  return { linesOf, textOf };
});
