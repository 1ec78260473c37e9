// Ctrl-K (or Cmd-K) opens the search in a dialog; arrow keys choose a hit. Without this script the search is a page.
"use strict";
const dialog = document.querySelector("dialog.search");
const opener = document.querySelector("a.search");
if (dialog && opener) {
  const form = dialog.querySelector("form");
  const field = form.querySelector("input");
  const found = dialog.querySelector(".found");
  let asked = 0;

  const open = () => {
    dialog.showModal();
    field.select();
    find();
  };
  const find = async () => {
    const turn = ++asked;
    const part = await partOf(`${form.action}?${new URLSearchParams(new FormData(form))}`, "#found");
    if (turn === asked && part) found.replaceChildren(...part.childNodes);
  };

  opener.querySelector("kbd").hidden = false;
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      dialog.open ? dialog.close() : open();
    }
  });
  field.addEventListener("input", find);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    found.querySelector("a")?.click();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [field, ...found.querySelectorAll("a")];
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
