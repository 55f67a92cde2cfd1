nsos.define("worker/lines", (use) => {
  "use strict";
  const limits = use("checker/limits");

  const NEWLINE = 10;
  const BLANK = new Set([9, 10, 11, 12, 13, 32]);

  /**
   * The lines of a Blob that are not blank, {number, start, end, text}: their places in bytes, and their texts, null
   * where one is no UTF-8 or too long. No more than a line and a piece of the Blob are held at once.
   */
  async function* linesOf(blob) {
    const reader = blob.stream().getReader();
    let [at, start, number] = [0, 0, 1]; // the place of the piece, and of the line
    let parts = []; // of the line, from earlier pieces
    const finished = (end, last) => {
      parts.push(last);
      const text = end - start > limits.bytes ? null : decoded(parts);
      const line = isBlank(parts) ? null : { number, start, end, text };
      [parts, start, number] = [[], end + 1, number + 1];
      return line;
    };
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      let from = 0;
      for (let to = value.indexOf(NEWLINE); to >= 0; to = value.indexOf(NEWLINE, from)) {
        const line = finished(at + to, value.subarray(from, to));
        from = to + 1;
        if (line !== null) yield line;
      }
      if (at + from - start <= limits.bytes) parts.push(value.slice(from));
      at += value.length;
    }
    const line = finished(at, new Uint8Array(0));
    if (line !== null) yield line;
  }

  function isBlank(parts) {
    return parts.every((part) => part.every((byte) => BLANK.has(byte)));
  }

  /** UTF-8 as text, or null. A byte order mark is kept, which is no JSON. */
  function decoded(parts) {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    try {
      return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
    } catch {
      return null;
    }
  }

  /** A part of a Blob as text, or null where it is no UTF-8 or too long. */
  async function textOf(blob, start, end) {
    return end - start > limits.bytes ? null : decoded([await blob.slice(start, end).arrayBuffer()]);
  }

  return { linesOf, textOf };
});
