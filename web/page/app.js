nsos.define("page/app", (use) => {
  "use strict";
  const { el, byId } = use("page/dom");
  const { proofArticle, headline } = use("page/proof");
  const { Rows } = use("page/rows");
  const { EXAMPLES } = use("page/examples");

  let worker = null;
  let current = null; // {blob, name}
  let shown = null; // the row whose proof is shown
  const rows = new Rows((row) => start({ line: row }));

  function newWorker() {
    const address = URL.createObjectURL(new Blob([nsos.workerSource("worker/main")], { type: "text/javascript" }));
    const made = new Worker(address);
    URL.revokeObjectURL(address);
    return made;
  }

  function say(text) {
    byId("announcer").textContent = text;
  }

  /** Hands a Blob to a new worker: all of its lines, or one line once more to show its proof. */
  function start({ blob = current.blob, name = current.name, line }) {
    stop();
    current = { blob, name };
    if (line === undefined) rows.clear();
    byId("proof").replaceChildren();
    byId("progress").hidden = false;
    byId("bar").removeAttribute("value");
    byId("progress-text").textContent = "reading";
    document.body.dataset.state = "checking";
    say(`Checking ${name}.`);
    const began = performance.now();
    worker = newWorker();
    worker.onmessage = ({ data }) => receive(data, line !== undefined, began);
    worker.onerror = (event) => broken(event.message);
    worker.postMessage({ blob, line });
  }

  function stop() {
    if (worker !== null) worker.terminate();
    worker = null;
    byId("progress").hidden = true;
    document.body.dataset.state = "idle";
  }

  function broken(text) {
    stop();
    byId("proof").replaceChildren(
      el("p", { class: "card reason", role: "alert" }, `The check broke off, so nothing is proven: ${text}`),
    );
  }

  function receive(message, isSingle, began) {
    if (message.type === "progress") showProgress(message);
    if (message.type === "rows") {
      rows.add(message.rows);
      showProgress({ ...message, text: `line ${message.line}`, fraction: null });
    }
    if (message.type === "shown") showProof(message.row, message.views, isSingle);
    if (message.type === "finished") finish(message, began);
    if (message.type === "broken") broken(message.text);
  }

  function showProgress({ text, fraction, read, size, line }) {
    const bar = byId("bar");
    const value = fraction ?? (size > 0 ? read / size : null);
    if (value === null) bar.removeAttribute("value");
    else bar.value = value;
    const count = rows.rows.length > 0 && line !== undefined ? `line ${line}, ` : "";
    byId("progress-text").textContent = `${count}${text}`;
    bar.dataset.events = String(Number(bar.dataset.events ?? 0) + 1);
  }

  function showProof(row, views, isSingle) {
    const place = rows.rows.length > 1 || isSingle ? `${current.name}, line ${row.number}` : current.name;
    byId("proof").replaceChildren(proofArticle(row, views, place));
    document.body.classList.add("has-result");
    if (isSingle) {
      stop();
      announce(row);
      byId("verdict").focus();
    } else {
      shown = row;
    }
  }

  function finish({ rows: last, isEmpty }, began) {
    rows.add(last);
    stop();
    if (rows.rows.length > 1) {
      say(`${rows.summary()}. The proof of the first line is shown.`);
    } else {
      announce(shown);
      byId("verdict").focus({ preventScroll: isEmpty });
    }
    document.body.dataset.seconds = ((performance.now() - began) / 1000).toFixed(3);
  }

  function announce(row) {
    say(`${headline(row).word}. ${row.reason}`);
  }

  function takeFile(file) {
    if (file !== undefined && file !== null) start({ blob: file, name: file.name });
  }

  function takeText(text, name) {
    start({ blob: new Blob([text]), name });
  }

  function listenToDrops() {
    const drop = byId("drop");
    const isFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    addEventListener("dragover", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) drop.classList.remove("over");
    });
    addEventListener("drop", (event) => {
      drop.classList.remove("over");
      if (!isFile(event)) return;
      event.preventDefault();
      takeFile(event.dataTransfer.files[0]);
    });
  }

  function listen() {
    listenToDrops();
    byId("file").addEventListener("change", (event) => {
      takeFile(event.target.files[0]);
      event.target.value = ""; // so that the same file can be chosen again
    });
    byId("paste-toggle").addEventListener("click", () => {
      const panel = byId("paste");
      panel.hidden = !panel.hidden;
      byId("paste-toggle").setAttribute("aria-expanded", String(!panel.hidden));
      if (!panel.hidden) byId("text").focus();
    });
    byId("check-text").addEventListener("click", () => takeText(byId("text").value, "pasted text"));
    byId("cancel").addEventListener("click", () => {
      stop();
      say("Cancelled. Nothing is proven.");
      byId("proof").replaceChildren(el("p", { class: "card quiet" }, "Cancelled: what was not checked is not proven."));
      byId("file").focus();
    });
    byId("example").append(...EXAMPLES.map(({ title }, k) => el("option", { value: k }, title)));
    byId("try").addEventListener("click", () => {
      const { title, text } = EXAMPLES[Number(byId("example").value)];
      takeText(text, `example: ${title}`);
    });
  }

  listen();
  document.body.dataset.state = "idle";
  return {};
});

nsos.use("page/app");
