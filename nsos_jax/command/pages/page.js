"use strict";
(() => {
  const table = document.querySelector("table");
  const records = [...document.querySelectorAll("tbody.record")];
  const form = document.getElementById("filters");
  const search = form.querySelector("[type=search]");
  const boxes = [...form.querySelectorAll("[type=checkbox]")];
  const told = form.querySelector("output");

  function filter() {
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const record of records) {
      const text = record.textContent.toLowerCase();
      record.hidden = !wanted.has(record.dataset.status) || !words.every((word) => text.includes(word));
      shown += !record.hidden;
    }
    told.value = shown === records.length ? "" : `${shown} of ${records.length} shown`;
  }

  const cell = (record, column) => record.rows[0].cells[column].textContent;

  function compare(one, other) {
    const [left, right] = [Number(one), Number(other)];
    const bothNumbers = one !== "" && other !== "" && !Number.isNaN(left) && !Number.isNaN(right);
    return bothNumbers ? left - right : one.localeCompare(other);
  }

  table.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (!head) return;
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    records.sort((a, b) => sign * compare(cell(a, head.cellIndex), cell(b, head.cellIndex)));
    table.append(...records);
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
})();
