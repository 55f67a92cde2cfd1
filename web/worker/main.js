nsos.define("worker/main", (use) => {
  "use strict";
  const { judge } = use("checker/judge");
  const { viewOf, bareView } = use("picture/view");
  const { linesOf, textOf } = use("worker/lines");

  const EVERY = 80; // milliseconds between messages
  const UNREADABLE = {
    verdict: "unreadable",
    reason: "not UTF-8 text (a binary file?), or beyond the limits: expected at most 256 MiB of JSON",
    proven: [],
  };

  /** A function that posts what it is given, but not too often. */
  function throttled(post) {
    let last = 0;
    return (make) => {
      const now = Date.now();
      if (now - last < EVERY) return;
      last = now;
      post(make());
    };
  }

  function judgeText(text, report) {
    return text === null ? UNREADABLE : judge(text, report);
  }

  function idText(id) {
    return typeof id === "string" || typeof id === "number" ? String(id).slice(0, 80) : null;
  }

  function rowOf({ number, start, end }, { verdict, reason, proven, id, isInput = false }) {
    return { number, start, end, verdict, reason, kinds: proven.map(({ kind }) => kind), id: idText(id), isInput };
  }

  /**
   * Judges a Blob line by line, as nsos verify does: a certificate alone in its file may have line breaks, and of a file
   * of inputs one line is enough.
   */
  async function checkBlob(blob, post) {
    const tell = throttled(post);
    let rows = [];
    let first = true;
    const reporting = (line) => (text, fraction) =>
      tell(() => ({ type: "progress", line: line.number, read: line.start, size: blob.size, text, fraction }));
    for await (const line of linesOf(blob)) {
      let [place, outcome] = [line, judgeText(line.text, reporting(line))];
      const isWhole = first && outcome.verdict === "unreadable";
      if (isWhole && !outcome.isInput) {
        place = { number: line.number, start: 0, end: blob.size };
        outcome = judgeText(await textOf(blob, 0, blob.size), reporting(place));
      }
      rows.push(rowOf(place, outcome));
      if (first) post({ type: "shown", row: rows[0], views: viewsOf(outcome, post) });
      first = false;
      tell(() => ({ type: "rows", rows: rows.splice(0), line: line.number, read: line.end, size: blob.size }));
      if (isWhole) break;
    }
    if (first)
      post({
        type: "shown",
        row: { verdict: "unreadable", reason: "the file is empty", number: 1, kinds: [], id: null },
        views: [],
      });
    post({ type: "finished", rows, isEmpty: first });
  }

  function viewsOf(outcome, post) {
    if (outcome.proven.length > 0)
      post({ type: "progress", text: "the proof holds; its pictures are being drawn", fraction: null });
    return outcome.proven.map((proof) => {
      try {
        return viewOf(proof);
      } catch {
        return bareView(proof); // the proof holds, whatever became of its pictures
      }
    });
  }

  /** Judges one line once more, to show its proof. */
  async function showLine(blob, line, post) {
    const tell = throttled(post);
    const text = await textOf(blob, line.start, line.end);
    const outcome = judgeText(text, (what, fraction) =>
      tell(() => ({ type: "progress", line: line.number, text: what, fraction })),
    );
    post({ type: "shown", row: rowOf(line, outcome), views: viewsOf(outcome, post) });
  }

  self.onmessage = async ({ data }) => {
    try {
      if (data.line === undefined) await checkBlob(data.blob, (message) => self.postMessage(message));
      else await showLine(data.blob, data.line, (message) => self.postMessage(message));
    } catch (error) {
      self.postMessage({ type: "broken", text: String(error) });
    }
  };

  return {};
});
