nsos.define("page/rows", (use) => {
  "use strict";
  const { el, byId } = use("page/dom");
  const { VERDICTS } = use("page/proof");

  const PAGE = 50;
  const COUNTED = { holds: ["holds", "hold"], FAILS: ["fails", "fail"] };

  /** The list of the lines of a results file; `choose` is called with a line whose proof is wanted. */
  class Rows {
    constructor(choose) {
      this.choose = choose;
      this.clear();
    }

    clear() {
      this.rows = [];
      this.filter = "all";
      this.shown = PAGE;
      byId("rows").hidden = true;
      byId("rows").replaceChildren();
      this.list = null;
    }

    add(rows) {
      for (const row of rows) this.rows.push(row);
      if (this.rows.length > 1) this.draw();
    }

    counts() {
      const counts = new Map();
      for (const { verdict } of this.rows) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      return counts;
    }

    /** How many of which verdict, in words. */
    summary() {
      const parts = [...this.counts()].map(
        ([verdict, count]) => `${count} ${(COUNTED[verdict] ?? [verdict, verdict])[count === 1 ? 0 : 1]}`,
      );
      return `${this.rows.length} ${this.rows.length === 1 ? "line" : "lines"}: ${parts.join(", ")}`;
    }

    draw() {
      const section = byId("rows");
      if (this.list === null) {
        section.replaceChildren(...this.frame());
        section.hidden = false;
      }
      this.title.textContent = this.summary();
      const wanted = this.rows.filter(({ verdict }) => this.filter === "all" || verdict === this.filter);
      const shown = wanted.slice(0, this.shown);
      const same = this.list.children.length;
      if (this.drawnFilter !== this.filter) this.list.replaceChildren(...shown.map((row) => this.item(row)));
      else this.list.append(...shown.slice(same).map((row) => this.item(row)));
      this.drawnFilter = this.filter;
      this.more.hidden = wanted.length <= this.shown;
      this.more.textContent = `Show ${Math.min(PAGE, wanted.length - this.shown)} more of ${wanted.length - this.shown}`;
    }

    frame() {
      this.title = el("h2", { id: "rows-title" });
      this.list = el("ul", { class: "rows" });
      this.drawnFilter = this.filter;
      this.more = el("button", {
        type: "button",
        class: "button",
        onclick: () => {
          this.shown += PAGE;
          this.draw();
        },
      });
      const options = ["all", ...Object.keys(VERDICTS)].map((verdict) =>
        el("option", { value: verdict }, verdict === "all" ? "all lines" : verdict),
      );
      const select = el(
        "select",
        {
          id: "filter",
          onchange: (event) => {
            this.filter = event.target.value;
            this.shown = PAGE;
            this.draw();
          },
        },
        ...options,
      );
      return [
        el("div", { class: "rows-head" }, this.title, el("label", { for: "filter" }, "Show ", select)),
        this.list,
        this.more,
      ];
    }

    item(row) {
      const { mark, tone } = VERDICTS[row.verdict];
      const button = el(
        "button",
        { type: "button", class: "row", onclick: () => this.choose(row) },
        el("span", { class: `mark ${tone}`, "aria-hidden": "true" }, mark),
        el("span", { class: "row-place" }, `line ${row.number}${row.id === null ? "" : ` · ${row.id}`}`),
        el("span", { class: "visually-hidden" }, `${row.verdict}: `),
        el("span", { class: "row-reason" }, row.reason),
      );
      return el("li", {}, button);
    }
  }

  return { Rows };
});
